import { freePorts, isFree } from '@paygraph/standalone';

/** That many, one after the other. */
export async function consecutivePorts(count: number): Promise<number[]> {
  for (;;) {
    const [first = 0] = await freePorts(1);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every((free) => free)) return ports;
  }
}
