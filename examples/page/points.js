/** Points on three arms of a spiral, in the square from −1 to 1. */

/** Repeatable numbers from 0 to 1 (Park and Miller's generator). */
export function randomOf(seed) {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

export function spiral(seed, perArm = 90, noise = 0.16) {
  const random = randomOf(seed);
  const points = [];
  for (let arm = 0; arm < 3; arm++) {
    for (let i = 0; i < perArm; i++) {
      const radius = 0.06 + (0.86 * i) / perArm;
      const angle = (arm * 2 * Math.PI) / 3 + radius * 4.6 + (random() + random() - 1) * noise * 2;
      points.push({ x: radius * Math.cos(angle), y: radius * Math.sin(angle), arm });
    }
  }
  return points;
}
