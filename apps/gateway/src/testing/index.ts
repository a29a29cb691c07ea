/** Small real subgraphs and clients, for tests of the running gateway. */
export { type Channel, createChannel } from './channel.ts';
export {
  type FixtureResolvers,
  type FixtureSubgraph,
  type RecordedRequest,
  startFixtureSubgraph,
} from './fixture-subgraph.ts';
export { type Answer, type PostOptions, post } from './http.ts';
export { type Transport, transports } from './transports.ts';
export { until } from './until.ts';
export { connect, type Result, type Watch, watch } from './watch.ts';
