// Publishes one event: node publish.mjs ID
const event = { specversion: "1.0", id: process.argv[2], source: "urn:example:snippets", type: "case.closed",
  subject: "case/20240511-0007", time: "2024-05-11T09:30:00+08:00", authid: "person/li-7f3a",
  data: { reason: "已解决" } };
const headers = { authorization: `Bearer ${process.env.SHANZHI_KEY}`, "content-type": "application/cloudevents+json" };
const send = () => fetch(`${process.env.SHANZHI_GATEWAY}/events`, { method: "POST", headers, body: JSON.stringify(event),
  signal: AbortSignal.timeout(30_000) });
let answer = await send();
for (let tries = 1; tries < 10 && [408, 429, 503].includes(answer.status); tries++) {
  await new Promise((wake) => setTimeout(wake, 1000 * (answer.headers.get("retry-after") ?? 2)));
  answer = await send();
}
(answer.ok ? console.log : console.error)(await answer.text());
process.exitCode = answer.ok ? 0 : 1;
