/** One look with the project's pages: quiet, round, in the light or dark that the reader prefers. */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --line: #e1e5ea; --ink: #1c2430; --soft: #5d6979;
  --phone: #0f766e; --browser: #4f46e5; --good: #15803d; --good-ground: #e6f4ea; --bad: #b91c1c; --bad-ground: #fdeaea;
  --band: #4f46e51c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11151b; --card: #191f28; --line: #2b3441; --ink: #e6eaf0; --soft: #98a4b5;
    --phone: #4fd1c0; --browser: #a5a2ff; --good: #6fdc97; --good-ground: #173324; --bad: #ff9d9d; --bad-ground: #3c1e20;
    --band: #a5a2ff2e;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 56px; display: grid; gap: 20px; }
header { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; }
header > div { flex: 1 1 420px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 16px; margin: 0 0 14px; }
p { margin: 0; color: var(--soft); }
.verdict { font-weight: 600; padding: 6px 14px; border-radius: 999px; color: var(--good); background: var(--good-ground); }
.verdict.bad { color: var(--bad); background: var(--bad-ground); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 20px; min-width: 0; }
.two { display: grid; gap: 20px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); align-items: start; }
.three { display: grid; gap: 20px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 280px), 1fr)); }
.stack { display: grid; gap: 20px; }
p.note { margin-top: 10px; font-size: 13px; }
table { width: 100%; border-collapse: collapse; }
td, th { padding: 7px 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
tr:first-child > td, tr:first-child > th { border-top: 0; padding-top: 0; }
td + td { padding-left: 14px; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.soft { color: var(--soft); }
.mark { width: 24px; font-weight: 700; color: var(--good); }
.mark.bad { color: var(--bad); }
img { display: block; width: 100%; height: auto; border-radius: 8px; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
svg .soft { fill: var(--soft); font-size: 12px; }
svg .who { font-weight: 600; }
svg .life { stroke: var(--line); stroke-width: 2; }
svg .from-phone { stroke: var(--phone); fill: var(--phone); }
svg .from-gateway { stroke: var(--browser); fill: var(--browser); }
svg .event { stroke: var(--line); stroke-dasharray: 3 4; }
svg .wave { stroke-width: 1.4; stroke-linecap: round; }
svg .band { fill: var(--band); }
audio { width: 100%; height: 40px; margin: 12px 0 6px; }
details { margin-top: 12px; }
summary { cursor: pointer; color: var(--soft); }
pre { margin: 10px 0 0; padding: 12px; overflow: auto; border-radius: 10px; background: var(--ground); font: 12px/1.5 ui-monospace, monospace; }
`;
