// Plots as SVG: lines over two axes, readable on light and dark pages. The same figures give the same bytes.
import { bytes as inBytes, plain, time } from "./figures.mjs";

/** How each side is drawn, everywhere: colours for a light and a dark page, a dash and a mark, so that colour is not all that tells. */
const LOOKS = {
  quickjs: ["#0b62c4", "#6cb6ff", "", "circle"],
  v8: ["#0b7a4b", "#56d4a0", "", "square"],
  node: ["#b3471d", "#ff9d6e", "6 3", "circle"],
  bun: ["#8a5a00", "#e3b341", "2 3", "square"],
  deno: ["#6b4fbb", "#c4a7ff", "8 3 2 3", "diamond"],
  extism: ["#a0246b", "#ff8ac6", "1 3", "diamond"],
  extismPython: ["#7a2e2e", "#ff9a9a", "4 4", "square"],
  wasmtimePython: ["#555f6b", "#aab4bf", "10 4", "circle"],
  wasmtime: ["#333b44", "#d0d7de", "10 4", "diamond"],
  copy: ["#555f6b", "#aab4bf", "1 4", "none"],
};
const EXTRA = Object.keys(LOOKS);

const UNITS = {
  number: plain,
  time,
  bytes: inBytes,
  rate: (steps) => plain(steps),
};

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP] = [760, 400, 86, 20, 44];
const point = (number) => Number(number.toFixed(1));
const escape = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Ticks of a scale: powers of ten (of two for bytes) on a logarithmic one, round steps on a linear one. */
function scaleOf({ scale, unit }, values, from, to) {
  if (scale === "log") {
    const base = unit === "bytes" ? 2 : 10;
    const log = (value) => Math.log(value) / Math.log(base);
    const low = Math.floor(log(Math.min(...values)) + 1e-9);
    const high = Math.max(low + 1, Math.ceil(log(Math.max(...values)) - 1e-9));
    const step = Math.max(1, Math.ceil((high - low) / 9));
    const ticks = [];
    for (let power = low; power <= high; power += step) ticks.push(base ** power);
    return { at: (value) => from + (to - from) * (log(value) - low) / (high - low), ticks };
  }
  const most = Math.max(...values);
  const size = 10 ** Math.floor(Math.log10(most / 5 || 1));
  const step = [1, 2, 5, 10].map((factor) => factor * size).find((each) => most / each <= 6);
  const top = Math.ceil(most / step) * step;
  const ticks = [];
  for (let index = 0; index * step <= top * 1.0001; index++) ticks.push(Number((index * step).toPrecision(6)));
  return { at: (value) => from + (to - from) * value / top, ticks };
}

function mark(shape, x, y, look) {
  if (shape === "circle") return `<circle class="${look} dot" cx="${x}" cy="${y}" r="3.2"/>`;
  if (shape === "square") return `<rect class="${look} dot" x="${point(x - 3)}" y="${point(y - 3)}" width="6" height="6"/>`;
  if (shape === "diamond") return `<path class="${look} dot" d="M${x} ${point(y - 4.4)}L${point(x + 4.4)} ${y}L${x} ${point(y + 4.4)}L${point(x - 4.4)} ${y}Z"/>`;
  return "";
}

function style(used) {
  const rule = (dark) => used.map((side) => {
    const [light, night] = LOOKS[side];
    const colour = dark ? night : light;
    return `.${side}{stroke:${colour}}.${side}.dot,.${side}.word{fill:${colour};stroke:none}`;
  }).join("");
  return `<style>text{font:13px system-ui,sans-serif;fill:#1f2328}.small{font-size:12px}.title{font-size:15px;font-weight:600}
.paper{fill:#fff}.grid{stroke:#d8dee4;stroke-width:1}.axis{stroke:#59636e;stroke-width:1}.line{fill:none;stroke-width:2}${rule(false)}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117}.grid{stroke:#2b3138}.axis{stroke:#9198a1}${rule(true)}}</style>`;
}

/**
 * `{ title, x: { label, scale, unit }, y: the same, series: [{ side, label, points: [[x, y]…] }] }`. A side may have several series: the
 * second and later ones take the looks of `as`.
 */
export function plot({ title, x, y, series }) {
  const drawn = series.filter(({ points }) => points.length > 0);
  const all = drawn.flatMap(({ points }) => points);
  const looks = drawn.map(({ side, as }) => as ?? side);
  const columns = 3;
  const rows = Math.ceil(drawn.length / columns);
  const top = TOP + rows * 20;
  const bottom = top + HEIGHT - 110;
  const across = scaleOf(x, all.map(([value]) => value), LEFT, WIDTH - RIGHT);
  const up = scaleOf(y, all.map(([, value]) => value), bottom, top);
  const out = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 56}" role="img" aria-label="${escape(title)}">`];
  out.push(style([...new Set(looks)]), `<rect class="paper" width="${WIDTH}" height="${bottom + 56}" rx="6"/>`);
  out.push(`<text class="title" x="16" y="26">${escape(title)}</text>`);
  drawn.forEach(({ label }, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const [left, height] = [16 + column * 244, TOP + 4 + row * 20];
    const look = looks[index];
    out.push(`<line class="line ${look}" x1="${left}" x2="${left + 28}" y1="${height}" y2="${height}" stroke-dasharray="${LOOKS[look][2]}"/>`);
    out.push(mark(LOOKS[look][3], left + 14, height, look), `<text class="small" x="${left + 34}" y="${height + 4}">${escape(label)}</text>`);
  });
  for (const tick of up.ticks) {
    const height = point(up.at(tick));
    out.push(`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${height}" y2="${height}"/>`);
    out.push(`<text class="small" x="${LEFT - 8}" y="${height + 4}" text-anchor="end">${escape(UNITS[y.unit](tick))}</text>`);
  }
  for (const tick of across.ticks) {
    const place = point(across.at(tick));
    out.push(`<line class="grid" x1="${place}" x2="${place}" y1="${top}" y2="${bottom}"/>`);
    out.push(`<text class="small" x="${place}" y="${bottom + 18}" text-anchor="middle">${escape(UNITS[x.unit](tick))}</text>`);
  }
  out.push(`<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bottom}" y2="${bottom}"/><line class="axis" x1="${LEFT}" x2="${LEFT}" y1="${top}" y2="${bottom}"/>`);
  out.push(`<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${bottom + 42}" text-anchor="middle">${escape(x.label)}</text>`);
  const middle = (top + bottom) / 2;
  out.push(`<text x="18" y="${middle}" text-anchor="middle" transform="rotate(-90 18 ${middle})">${escape(y.label)}</text>`);
  drawn.forEach(({ points }, index) => {
    const look = looks[index];
    const places = points.map(([first, second]) => [point(across.at(first)), point(up.at(second))]);
    const path = places.map(([left, height], place) => `${place === 0 ? "M" : "L"}${left} ${height}`).join("");
    out.push(`<path class="line ${look}" d="${path}" stroke-dasharray="${LOOKS[look][2]}"/>`);
    for (const [left, height] of places) out.push(mark(LOOKS[look][3], left, height, look));
  });
  return `${out.filter((line) => line !== "").join("\n")}\n</svg>\n`;
}

/** Looks for series that are no sides, such as p50 and p99 of one. */
export const lookOf = (index) => EXTRA[index % EXTRA.length];
