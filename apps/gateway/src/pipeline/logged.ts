import type { Answer, AnswerInParts } from '../execution/answer.ts';
import { forOperation, type RequestScope } from '../scope.ts';
import type { Pipeline } from './pipeline.ts';
import type { PreparedOperation, PreparedSubscription } from './prepare.ts';

/** The pipeline with a line in the log, at debug, for each operation that it answers and each subscription that begins. */
export function logged(pipeline: Pipeline): Pipeline {
  const log = (
    prepared: PreparedOperation | PreparedSubscription,
    scope: RequestScope,
    details: object,
    what: string,
  ) => forOperation(scope, prepared).logger.debug(details, what);
  const answered = (
    prepared: PreparedOperation,
    scope: RequestScope,
    begun: number,
    { outcome = 'ok' }: Answer | AnswerInParts,
  ) => {
    const ms = Math.round(performance.now() - begun);
    log(prepared, scope, { type: prepared.type, ms, outcome }, 'an operation was answered');
  };
  return {
    ...pipeline,
    async execute(prepared, scope) {
      const begun = performance.now();
      const answer = await pipeline.execute(prepared, scope);
      answered(prepared, scope, begun, answer);
      return answer;
    },
    async executeInParts(prepared, scope, sink) {
      const begun = performance.now();
      const answer = await pipeline.executeInParts(prepared, scope, sink);
      answered(prepared, scope, begun, answer);
      return answer;
    },
    subscribe(prepared, scope, onDone) {
      log(prepared, scope, { type: 'subscription' }, 'a subscription has begun');
      return pipeline.subscribe(prepared, scope, onDone);
    },
  };
}
