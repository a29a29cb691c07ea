import { busContract } from './bus.contract.ts';
import { memoryBus } from './memory-bus.ts';

busContract(() => memoryBus());
