"""What `shanzhi doctor` looks at: settings, servers and tables pass through checks, each of which gives a finding with
its remedy. A check is one function in the file of its theme; `examination` runs them in their order."""
