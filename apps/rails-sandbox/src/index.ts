export { type Behaviour, type BehaviourPatch, type Refusal, wellBehaved } from './behaviour.ts';
export { type Order, type RailName, railNames } from './books.ts';
export { credentials } from './credentials.ts';
export { createRailsSandbox, type RailsSandbox, type SandboxOptions } from './sandbox.ts';
export { sandboxSettings } from './settings.ts';
export { type RunningSandbox, startRailsSandbox } from './start.ts';
