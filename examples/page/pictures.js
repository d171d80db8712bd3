/** The two pictures of the page. Both are drawn anew for the pixels that the screen has. */

export const colours = [
  [37, 99, 235],
  [234, 88, 12],
  [5, 150, 105],
];

/** Cells of the map along each side. */
const cells = 96;
const image = new OffscreenCanvas(cells, cells);

function fitted(canvas) {
  const scale = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return { context, width, height };
}

/** What the network answers in the middle of each cell, as a mixture of the colours; `predict` takes 1024 points. */
export function drawMap(canvas, points, predict) {
  const pixels = new ImageData(cells, cells);
  const asked = new Float32Array(1024 * 2);
  for (let start = 0; start < cells * cells; start += 1024) {
    for (let i = 0; i < 1024; i++) {
      const cell = start + i;
      asked[2 * i] = ((cell % cells) + 0.5) * (2 / cells) - 1;
      asked[2 * i + 1] = 1 - (Math.floor(cell / cells) + 0.5) * (2 / cells);
    }
    const probability = predict(asked);
    for (let i = 0; i < 1024; i++) {
      for (let channel = 0; channel < 3; channel++) {
        let value = 0;
        for (let arm = 0; arm < 3; arm++) value += probability[3 * i + arm] * colours[arm][channel];
        // On paper, not at full strength: the points are what is known.
        pixels.data[4 * (start + i) + channel] = 255 - 0.42 * (255 - value);
      }
      pixels.data[4 * (start + i) + 3] = 255;
    }
  }
  image.getContext("2d").putImageData(pixels, 0, 0);
  const { context, width, height } = fitted(canvas);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  for (const { x, y, arm } of points) {
    context.beginPath();
    context.arc(((x + 1) / 2) * width, ((1 - y) / 2) * height, 4, 0, 2 * Math.PI);
    context.fillStyle = `rgb(${colours[arm].join(" ")})`;
    context.strokeStyle = "white";
    context.lineWidth = 1.5;
    context.fill();
    context.stroke();
  }
}

/** The loss of every step, on a logarithmic axis whose lines are powers of ten. */
export function drawCurve(canvas, losses) {
  const { context, width, height } = fitted(canvas);
  const left = 44;
  const bottom = height - 20;
  const low = Math.floor(Math.log10(Math.min(0.099, ...losses)));
  const high = Math.log10(Math.max(2, ...losses));
  const last = Math.max(100, losses.length);
  const at = (step, loss) => [
    left + ((width - left - 6) * step) / last,
    6 + ((bottom - 6) * (high - Math.log10(loss))) / (high - low),
  ];
  context.font = "12px system-ui, 'DejaVu Sans', sans-serif";
  context.fillStyle = "#667085";
  context.strokeStyle = "#e3e7ee";
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (let power = low; power <= 0; power++) {
    const [, y] = at(0, 10 ** power);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(width, y);
    context.stroke();
    context.fillText(`${Number((10 ** power).toPrecision(1))}`, left - 8, y);
  }
  context.textBaseline = "alphabetic";
  context.fillText(`${last} steps`, width, height - 3);
  context.textAlign = "left";
  context.fillText("loss", left, height - 3);
  context.beginPath();
  losses.forEach((loss, i) => context.lineTo(...at(i + 1, loss)));
  context.strokeStyle = "#2563eb";
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  context.stroke();
}
