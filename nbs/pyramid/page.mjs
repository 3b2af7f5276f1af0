import { PRESETS, START, allReadings, asppCost, denseCost, maxReceptiveField, meanTaps, paths, readState, readings, span, writeState } from "./pyramid.mjs";

const element = id => document.getElementById(id);
const canvas = element("map"), context = canvas.getContext("2d");
let state = readState(location.search), path = null;

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const short = n => n >= 1e9 ? `${(n/1e9).toFixed(2)} G` : n >= 1e6 ? `${(n/1e6).toFixed(2)} M` : n >= 1e3 ? `${(n/1e3).toFixed(1)} k` : String(n);
const percent = share => `${(100*share).toFixed(share < .1 ? 1 : 0)} %`;

// The map's frame within the canvas, in positions; around it, what lies outside.
function frame() {
  const [height, width] = state.size, reach = Math.max(...state.dilations)*(state.kernel - 1)/2;
  const margin = n => Math.ceil(Math.min(n/4, reach)) + 1;
  return { top: margin(height), left: margin(width), rows: height + 2*margin(height), columns: width + 2*margin(width) };
}

// Positions outside of the map that some tap of a level would read, straight from the chosen position.
function outside() {
  const half = (state.kernel - 1)/2, [row, column] = state.at, found = [];
  const chosen = path ? path.map(i => state.dilations[i]) : state.dilations;
  for (const dilation of chosen) for (let i = -half; i <= half; i++) for (let j = -half; j <= half; j++) {
    const y = row + i*dilation, x = column + j*dilation;
    if (y < 0 || x < 0 || y >= state.size[0] || x >= state.size[1]) found.push([y, x]);
  }
  return found;
}

function draw() {
  const { top, left, rows, columns } = frame(), [height, width] = state.size, { dilations, kernel, dense } = state;
  const wide = Math.round(canvas.clientWidth*devicePixelRatio) || 960, cell = wide/columns;
  [canvas.width, canvas.height] = [wide, Math.round(cell*rows)];
  const square = (y, x) => context.fillRect((x + left)*cell, (y + top)*cell, Math.max(1, cell*.92), Math.max(1, cell*.92));
  const counts = readings(dilations, kernel, state.size, state.at, { dense, levels: path });
  const most = Math.log1p(counts.reduce((a, b) => Math.max(a, b)));
  context.fillStyle = colour("--read");
  counts.forEach((count, i) => {
    if (!count) return;
    context.globalAlpha = .25 + .75*Math.log1p(count)/most;
    square(Math.floor(i/width), i % width);
  });
  context.globalAlpha = 1;
  context.fillStyle = colour("--out");
  for (const [y, x] of outside()) square(y, x);
  context.strokeStyle = colour("--quiet"); context.lineWidth = devicePixelRatio;
  context.strokeRect(left*cell, top*cell, width*cell, height*cell);
  context.strokeStyle = colour("--out"); context.lineWidth = 2*devicePixelRatio;
  const [row, column] = state.at, ring = Math.max(cell, 6*devicePixelRatio);
  context.strokeRect((column + left + .5)*cell - ring/2, (row + top + .5)*cell - ring/2, ring, ring);
  return counts;
}

function say(counts) {
  const { dilations, kernel, size, stride, dense, at } = state, [height, width] = size;
  const alone = dense ? dilations : [Math.max(...dilations)];
  const scale = maxReceptiveField(path ? path.map(i => dilations[i]) : alone, kernel), half = (scale - 1)/2;
  const kept = counts.reduce((a, b) => a + b)/allReadings(dilations, kernel, { dense, levels: path });
  const within = (p, n) => Math.min(n - 1, p + half) - Math.max(0, p - half) + 1;
  const positions = within(at[0], height)*within(at[1], width), read = counts.reduce((n, count) => n + (count > 0), 0);
  const which = path ? `The path through ${path.map(i => dilations[i]).join(" → ")}` : "The result";
  const text = `${which} sees ${scale} × ${scale} positions, ${scale*stride} × ${scale*stride} image pixels, where the image has ${height*stride} × ${width*stride}. ` +
    `At row ${at[0]}, column ${at[1]}, ${percent(kept)} of the combinations of taps stay inside the map, and ${percent(1 - read/positions)} of the positions within reach are read by none.`;
  element("said").textContent = text;
  canvas.setAttribute("aria-label", text);
}

function row(...cells) {
  const tr = document.createElement("tr");
  tr.append(...cells.map((text, i) => Object.assign(document.createElement(i ? "td" : "th"), { textContent: text })));
  return tr;
}

function tables() {
  const { dilations, kernel, size, stride } = state, taps = kernel**2;
  element("levels").replaceChildren(...dilations.map(d => row(d, span(d, kernel), span(d, kernel)*stride, `${meanTaps(d, size, kernel).toFixed(1)} of ${taps}`)));
  const costs = [["DenseASPP", denseCost(state)], ["ASPP", asppCost(state)]];
  element("costs").replaceChildren(...costs.map(([name, cost]) => row(name, short(cost.parameters), short(cost.multiplyAdds))));
  const all = paths(dilations, kernel, state.dense), largest = Math.max(...all.map(([, scale]) => scale));
  element("paths").replaceChildren(...all.map(([levels, scale]) => {
    const button = document.createElement("button"), bar = document.createElement("i");
    bar.style.width = `${100*scale/largest}%`;
    button.append(levels.map(i => dilations[i]).join(" → "), bar, Object.assign(document.createElement("b"), { textContent: scale }));
    button.setAttribute("aria-pressed", String(path) === String(levels));
    button.addEventListener("click", () => { path = String(path) === String(levels) ? null : levels; show(); });
    return button;
  }));
}

function controls() {
  const set = (id, value) => { if (document.activeElement !== element(id)) element(id).value = value; };
  set("dilations", state.dilations.join(" "));
  for (const name of ["kernel", "channels", "growth", "stride"]) set(name, state[name]);
  element("growthSaid").textContent = state.growth;
  set("bottleneck", state.bottleneck ?? "");
  element("dense").checked = state.dense;
  state.size.forEach((n, i) => { set(["height", "width"][i], n); element(["heightSaid", "widthSaid"][i]).textContent = n; });
  const sliders = element("sliders");
  if (sliders.children.length !== state.dilations.length) sliders.replaceChildren(...state.dilations.map((_, i) => {
    const label = document.createElement("label");
    label.innerHTML = '<span></span><input type="range" min="1" max="48">';
    label.lastChild.addEventListener("input", event => {
      change({ dilations: state.dilations.with(i, Number(event.target.value)) });
    });
    return label;
  }));
  state.dilations.forEach((d, i) => {
    sliders.children[i].firstChild.textContent = `Level ${i + 1}: ${d}`;
    sliders.children[i].lastChild.value = d;
  });
}

function show() {
  controls();
  tables();
  say(draw());
  history.replaceState(null, "", writeState(state));
}

// What is asked for, as an address would ask for it: the same limits hold.
function change(asked) {
  path = null;
  state = readState(writeState({ ...state, ...asked }), state);
  show();
}

element("preset").append(...["", ...Object.keys(PRESETS)].map(name => new Option(name || "choose …", name)));
element("preset").addEventListener("change", ({ target }) => target.value && change({ ...START, size: state.size, at: state.at, ...PRESETS[target.value] }));
element("dilations").addEventListener("input", ({ target }) => change({ dilations: target.value.split(/[\s,]+/).filter(Boolean) }));
for (const name of ["kernel", "channels", "growth", "stride"]) element(name).addEventListener("input", ({ target }) => change({ [name]: target.value }));
element("bottleneck").addEventListener("input", ({ target }) => change({ bottleneck: target.value || null }));
element("dense").addEventListener("change", ({ target }) => change({ dense: target.checked }));
["height", "width"].forEach((name, i) => element(name).addEventListener("input", ({ target }) => {
  const size = state.size.with(i, Number(target.value));
  change({ size, at: size.map(n => n >> 1) });
}));
canvas.addEventListener("click", event => {
  const { top, left, rows, columns } = frame(), box = canvas.getBoundingClientRect();
  state.at = [(event.clientY - box.top)/box.height*rows - top, (event.clientX - box.left)/box.width*columns - left]
    .map((n, i) => Math.max(0, Math.min(state.size[i] - 1, Math.floor(n))));
  show();
});
canvas.addEventListener("keydown", event => {
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (!step) return;
  event.preventDefault();
  state.at = state.at.map((n, i) => Math.max(0, Math.min(state.size[i] - 1, n + step[i])));
  show();
});
for (const happening of ["resize", "orientationchange"]) addEventListener(happening, show);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
show();
document.body.dataset.state = "ready";
