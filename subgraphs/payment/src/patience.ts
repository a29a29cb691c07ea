/** Resolves or rejects as what is awaited, or resolves after so many ms if that comes first. */
export async function atMost(longestMs: number, awaited: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, longestMs);
  });
  await Promise.race([awaited, enough]).finally(() => clearTimeout(timer));
}
