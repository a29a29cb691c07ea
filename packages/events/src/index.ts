export { BusClosedError, type BusLogger, type EventBus, type Listener } from './bus.ts';
export { type Followed, type Follower, type FollowOptions, follow } from './follow.ts';
export { type ListenSoonOptions, listenSoon } from './listen-soon.ts';
export { memoryBus } from './memory-bus.ts';
export { redisBus } from './redis-bus.ts';
