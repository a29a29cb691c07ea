export { type Load, type Measure, measure, median, medianOf, quantile } from './load.ts';
export { ask, cpuSeconds, freePort, residentMiB, start, stop } from './process.ts';
