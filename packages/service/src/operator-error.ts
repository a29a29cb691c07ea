/**
 * Something that whoever runs the process can mend. The message says what and how, one line per problem, and is all that
 * they are shown.
 */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}
