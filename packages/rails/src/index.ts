export type { Counterparty, MobileNetwork, RailDirection, RailInstruction } from './instruction.ts';
export type {
  Accepted,
  CancelOutcome,
  Confirmed,
  NotSent,
  RailNews,
  RailRefusal,
  RefusedByRail,
  Returned,
  StatusOutcome,
  SubmitOutcome,
  Unknown,
  Unseen,
} from './outcome.ts';
export { type CallOptions, carries, type RailAdapter, type RailCapabilities, type StatementPage } from './rail.ts';
export {
  type AttemptEvent,
  type CreditEvent,
  type RailEvent,
  type RawWebhook,
  type VerifiedWebhook,
  webhookToleranceMs,
} from './webhook.ts';
