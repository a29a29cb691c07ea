import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';

function logged(details: object): Record<string, unknown> {
  let line = '';
  const logger = createLogger({ service: 'profile', level: 'info' }, { write: (text) => (line += text) });
  logger.info(details, 'happened');
  return JSON.parse(line);
}

describe('the log', () => {
  it('is JSON that names the service and the time', () => {
    const line = logged({ paymentId: 'pay_1' });
    expect(line).toMatchObject({ service: 'profile', level: 30, msg: 'happened', paymentId: 'pay_1' });
    expect(Date.parse(String(line.time))).not.toBeNaN();
  });

  it('keeps secrets and personal data to itself, also two levels down', () => {
    const secrets = {
      authorization: 'Bearer hunter2',
      password: 'hunter2',
      refreshToken: 'hunter2',
      email: 'hunter2@example.com',
      phone: '+15550100hunter2',
    };
    const line = logged({ ...secrets, input: secrets, request: { headers: secrets, method: 'POST' } });
    expect(JSON.stringify(line)).not.toContain('hunter2');
    expect(line.request).toMatchObject({ method: 'POST', headers: { authorization: '[redacted]' } });
  });

  it('says of a time-out that it was one, and nothing of what all such errors have', () => {
    const { err } = logged({ err: new DOMException('The operation was aborted due to timeout', 'TimeoutError') });
    expect(err).toEqual({
      type: 'Error',
      name: 'TimeoutError',
      message: 'The operation was aborted due to timeout',
      stack: expect.stringContaining('TimeoutError'),
    });
  });
});
