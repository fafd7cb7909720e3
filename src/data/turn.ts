/**
 * (cos 2πu, sin 2πu) out of + − × ÷ alone. Math.cos and Math.sin may differ in the last digit between JavaScript engines; this does
 * not, so synthetic data is the same everywhere. The turn is cut into quarters around 0, ¼, ½, ¾; on an eighth of a turn to either
 * side the Taylor series of both are summed to the 19th power: the error is below 1e-15.
 */

const TWO_PI = 6.283185307179586;

/** @param u in turns, any finite number. */
export function turn(u: number): readonly [cosine: number, sine: number] {
  const quarter = Math.floor(4 * u + 0.5);
  const x = (u - quarter / 4) * TWO_PI; // |x| ≤ π/4
  let cosine = 1;
  let sine = x;
  let term = x;
  for (let k = 2; k <= 19; k += 2) {
    // term is x^(k−1)/(k−1)! with its sign
    const even = (-term * x) / k;
    cosine += even;
    term = (even * x) / (k + 1);
    sine += term;
  }
  switch (((quarter % 4) + 4) % 4) {
    case 0: return [cosine, sine];
    case 1: return [-sine, cosine];
    case 2: return [-cosine, -sine];
    default: return [sine, -cosine];
  }
}
