// What the live pyramid computes. Dilations are whole numbers from 1 on, `kernel` an odd number of taps
// in each direction, a size [height, width] in positions of the feature map, a position [row, column].

export const span = (dilation, kernel = 3) => (dilation - 1)*(kernel - 1) + kernel;

export const maxReceptiveField = (dilations, kernel = 3) =>
  dilations.reduce((size, dilation) => size + span(dilation, kernel) - 1, 1);

// Every path through at least one level, as [levels' indices, span]; without dense links, one level each.
export function paths(dilations, kernel = 3, dense = true) {
  const all = [];
  for (let bits = 1; bits < 2**dilations.length; bits++) {
    const levels = dilations.map((_, i) => i).filter(i => bits >> i & 1);
    if (dense || levels.length === 1) all.push([levels, maxReceptiveField(levels.map(i => dilations[i]), kernel)]);
  }
  return all.sort((a, b) => a[1] - b[1] || a[0].length - b[0].length);
}

// Through how many combinations of taps the result at a position reads each position of the map. Taps outside
// of the map read zeros, so what would follow them is lost. `levels`: along this path alone; null for all.
export function readings(dilations, kernel, [height, width], [row, column], { dense = true, levels = null } = {}) {
  const blank = () => new Float64Array(height*width), half = (kernel - 1)/2, at = row*width + column;
  const input = blank(), outputs = dilations.map(blank);
  if (!levels) { input[at] = 1; for (const output of outputs) output[at] = 1; }
  else outputs[levels.at(-1)][at] = 1;
  for (let level = dilations.length - 1; level >= 0; level--) {
    const from = outputs[level], dilation = dilations[level];
    const before = levels?.[levels.indexOf(level) - 1];
    const targets = levels ? [outputs[before] ?? input] : dense ? [input, ...outputs.slice(0, level)] : [input];
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
      const ways = from[y*width + x];
      if (!ways) continue;
      for (let i = -half; i <= half; i++) for (let j = -half; j <= half; j++) {
        const u = y + i*dilation, v = x + j*dilation;
        if (u < 0 || u >= height || v < 0 || v >= width) continue;
        for (const target of targets) target[u*width + v] += ways;
      }
    }
  }
  return input;
}

// How many combinations there are where no tap lies outside.
export function allReadings(dilations, kernel, { dense = true, levels = null } = {}) {
  const taps = kernel**2;
  if (levels) return taps**levels.length;
  return dense ? (taps + 1)**dilations.length : 1 + taps*dilations.length;
}

// Mean number of an atrous convolution's taps inside the map, over all its positions.
export function meanTaps(dilation, size, kernel = 3) {
  const half = (kernel - 1)/2;
  return size.reduce((product, n) => {
    let inside = 0;
    for (let k = -half; k <= half; k++) inside += Math.max(0, n - Math.abs(k)*dilation)/n;
    return product*inside;
  }, 1);
}

// Parameters, and multiply-adds on a map, of DenseASPP …
export function denseCost({ dilations, kernel = 3, channels, growth, bottleneck, dense = true, size }) {
  let norms = 0, weights = 0;
  dilations.forEach((_, level) => {
    const inputs = channels + (dense ? level*growth : 0);
    norms += 2*(inputs + (bottleneck ?? 0));
    weights += bottleneck ? inputs*bottleneck + bottleneck*growth*kernel**2 : inputs*growth*kernel**2;
  });
  return { parameters: norms + weights, multiplyAdds: weights*size[0]*size[1] };
}

// … and of ASPP with the same dilations (DeepLabv3's, with 256 channels a branch and the average of the map).
export function asppCost({ dilations, kernel = 3, channels, width = 256, size }) {
  const branches = dilations.length + 1, weights = channels*width*(1 + dilations.length*kernel**2) + (branches + 1)*width**2;
  const pooled = channels*width;
  return { parameters: weights + pooled + 2*width*(branches + 2), multiplyAdds: weights*size[0]*size[1] + pooled };
}

export const PRESETS = {
  paper121: { dilations: [3, 6, 12, 18, 24], channels: 512, growth: 64, bottleneck: 128 },
  paper161: { dilations: [3, 6, 12, 18, 24], channels: 1104, growth: 128, bottleneck: 512 },
  report1: { dilations: [3, 6, 9, 12], channels: 512, growth: 32, bottleneck: null },
  report4: { dilations: [3, 6, 12, 18, 24], channels: 1024, growth: 64, bottleneck: 256 },
  report5: { dilations: [3, 6, 9, 12, 18, 24], channels: 1024, growth: 64, bottleneck: 256 },
  lite: { dilations: [1, 3, 6, 9, 12], channels: 320, growth: 64, bottleneck: 128, size: [32, 64], stride: 16 },
};

export const START = { dilations: [3, 6, 12, 18, 24], kernel: 3, size: [64, 128], stride: 8, channels: 1024, growth: 64,
                       bottleneck: 256, dense: true, at: [32, 64] };

const LIMITS = { kernel: [1, 7], stride: [4, 32], channels: [1, 4096], growth: [1, 1024], bottleneck: [1, 2048] };
const numbers = text => text.split(/[\s,]+/).filter(Boolean).map(Number);
const whole = (list, low, high) => list.every(n => Number.isInteger(n) && n >= low && n <= high);

// The state that an address names; what it does not name, or wrongly, is as in `start`.
export function readState(search, start = START) {
  const asked = new URLSearchParams(search), state = { ...start };
  const dilations = numbers(asked.get("dilations") ?? ""), size = numbers(asked.get("size") ?? "");
  if (dilations.length && dilations.length <= 8 && whole(dilations, 1, 64)) state.dilations = dilations;
  if (size.length === 2 && whole(size, 4, 256)) state.size = size;
  for (const [name, [low, high]] of Object.entries(LIMITS)) {
    const number = Number(asked.get(name) ?? NaN);
    if (whole([number], low, high) && (name !== "kernel" || number % 2)) state[name] = number;
  }
  if (asked.get("bottleneck") === "none") state.bottleneck = null;
  if (asked.get("dense") === "no") state.dense = false;
  const at = numbers(asked.get("at") ?? "");
  state.at = (at.length === 2 ? at : state.size.map(n => n >> 1)).map((n, i) => Math.max(0, Math.min(state.size[i] - 1, Math.round(n) || 0)));
  return state;
}

export function writeState(state) {
  const { dilations, size, at, kernel, stride, channels, growth, bottleneck, dense } = state;
  const said = { dilations: dilations.join(" "), size: size.join(" "), at: at.join(" "), kernel, stride, channels, growth,
                 bottleneck: bottleneck ?? "none", dense: dense ? "yes" : "no" };
  return "?" + new URLSearchParams(said);
}
