/** Holds callers back while the test looks at the books. */
export function createGate() {
  let waiting = 0;
  let isOpen = true;
  let release: () => void = () => {};
  let opened: Promise<void> = Promise.resolve();
  return {
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      opened = new Promise((resolve) => {
        release = resolve;
      });
    },
    open: () => {
      isOpen = true;
      release();
    },
    /** Resolves when it is open. */
    pass: async () => {
      while (!isOpen) {
        waiting += 1;
        await opened;
        waiting -= 1;
      }
    },
    waiting: () => waiting,
  };
}

export type Gate = ReturnType<typeof createGate>;
