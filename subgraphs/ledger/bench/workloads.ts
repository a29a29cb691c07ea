/** Numbers of accounts, from 0. */
export interface Transfer {
  readonly from: number;
  readonly to: number;
}

export const accountCount = 10_000;

const anyAccount = () => Math.floor(Math.random() * accountCount);

const other = (than: number, pick: () => number): number => {
  for (;;) {
    const picked = pick();
    if (picked !== than) return picked;
  }
};

/** The n-th account is picked in proportion to 1 / n^1.2. */
const zipfAccount = (() => {
  const sums: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= accountCount; rank += 1) {
    sum += rank ** -1.2;
    sums.push(sum);
  }
  return () => {
    const wanted = Math.random() * sum;
    let [low, high] = [0, accountCount - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
})();

/** Who pays whom. `hot`: everybody pays one merchant. */
export const workloads = {
  uniform: (): Transfer => {
    const from = anyAccount();
    return { from, to: other(from, anyAccount) };
  },
  zipf: (): Transfer => {
    const from = zipfAccount();
    return { from, to: other(from, zipfAccount) };
  },
  hot: (): Transfer => ({ from: other(0, anyAccount), to: 0 }),
} satisfies Record<string, () => Transfer>;

export type Workload = keyof typeof workloads;
export const workloadNames: readonly Workload[] = ['uniform', 'zipf', 'hot'];
