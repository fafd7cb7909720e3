/** Draws points and a loss curve on canvases, sharp on every screen. */

const COLORS = ['242 166 84', '96 178 240', '122 214 140', '236 110 128', '190 150 240', '240 216 110', '104 216 212', '224 140 196'];
const RANGE = 1.25;

/** Sizes the canvas to its place on the page and gives a context in CSS pixels. */
function prepare(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  return { context, width, height };
}

/** points: [count, 2], y upwards; a colour a class. */
export function drawPoints(canvas, points, classes) {
  const { context, width, height } = prepare(canvas);
  context.globalCompositeOperation = 'lighter';
  const radius = width / 220;
  for (let i = 0; i < points.length / 2; i++) {
    context.fillStyle = `rgb(${COLORS[(classes?.[i] ?? 0) % COLORS.length]} / 0.55)`;
    context.beginPath();
    context.arc((points[2 * i] / RANGE + 1) * 0.5 * width, (1 - points[2 * i + 1] / RANGE) * 0.5 * height, radius, 0, 2 * Math.PI);
    context.fill();
  }
}

/** The losses so far over all steps to come: each step faint, their running mean strong. */
export function drawLoss(canvas, losses, means, steps) {
  const { context, width, height } = prepare(canvas);
  if (means.length < 2) return;
  const [left, right, top, bottom] = [44, 10, 10, 10];
  // The scale follows what the mean has settled to; the first steps may leave it at the top.
  const late = means.slice(Math.floor(means.length / 20));
  const low = Math.min(...late) * 0.8;
  const high = Math.max(...late) * 1.15;
  const x = (step) => left + (step / steps) * (width - left - right);
  const y = (loss) => top + (1 - Math.min(1, Math.max(0, (loss - low) / (high - low)))) * (height - top - bottom);
  context.font = '11px system-ui, sans-serif';
  context.fillStyle = '#9ea4b0';
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillText(high.toFixed(2), left - 8, top + 4);
  context.fillText(low.toFixed(2), left - 8, height - bottom - 4);
  const line = (values, style, lineWidth) => {
    context.beginPath();
    values.forEach((value, i) => context.lineTo(x(i + 1), y(value)));
    Object.assign(context, { strokeStyle: style, lineWidth, lineJoin: 'round' });
    context.stroke();
  };
  line(losses, 'rgb(242 166 84 / 0.18)', 1);
  line(means, '#f2a654', 2);
}
