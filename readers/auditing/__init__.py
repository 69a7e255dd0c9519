"""The auditor's pages 审计: figures opened, seals, closed periods and what changed since, packs, who looked at what."""
