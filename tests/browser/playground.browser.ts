import { contentSecurityPolicy, demoAccounts, demoPassword } from '@paygraph/playground';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keepPicture, type Misdeeds, observe, startBrowser } from './browser.ts';
import { answerOf, openTab, run, textOf, untilReady, write } from './graphiql.ts';
import { type DemoPlatform, startDemo } from './platform.ts';
import { decline, depositUnderReview } from './review.ts';

const [ada, kofi, , operator] = demoAccounts;

describe('the Playground', () => {
  let platform: DemoPlatform;
  let browser: Browser;
  let page: Page;
  let misdeeds: Misdeeds;

  beforeAll(async () => {
    [platform, browser] = await Promise.all([startDemo(), startBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
  });

  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    misdeeds = await observe(page, platform.origin);
    const document = await page.goto(`${platform.origin}/playground`);
    expect(document?.headers()['content-security-policy']).toBe(contentSecurityPolicy);
    await untilReady(page);
  });

  afterEach(async () => {
    await page.close();
    expect(misdeeds).toEqual({ errors: [], strangers: [] });
  });

  async function logIn({ email }: { readonly email: string }): Promise<void> {
    await openTab(page, 'LogIn');
    await write(page, 'variables.json', { email, password: demoPassword });
    await run(page);
    await answerOf(page, /"accessToken": "/);
  }

  async function listWallets(): Promise<void> {
    await openTab(page, 'Wallets');
    await run(page);
    await answerOf(page, /"currency": "JPY"/);
  }

  /** The steps that the response pane shows, oldest first. */
  async function steps(): Promise<readonly string[]> {
    const { data, extensions } = JSON.parse(await textOf(page, 'response.json'));
    const events = [{ data }, ...extensions.earlier].map((event) => event.data.paymentStateChanged);
    return events.map(({ sequence, state }) => `${sequence} ${state}`).reverse();
  }

  it('opens with the examples and documents the whole graph', async () => {
    expect(await page.title()).toBe('Paygraph Playground');
    await keepPicture(page, 'playground-opened');
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.getByRole('link', { name: 'Subscription' }).click();
    await page.getByText('The steps of one payment: exactly afterSequence + 1').waitFor();
    await keepPicture(page, 'playground-documentation');
    await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click();
    await page.getByText('createPaymentQuote').waitFor();
    await keepPicture(page, 'playground-explorer');
  });

  it('logs in, pays somebody else and shows every step of the payment', async () => {
    await logIn(kofi);
    await listWallets();
    await logIn(ada);
    await page.getByText(/Every tab sends the access token of Ada/).waitFor();
    await keepPicture(page, 'playground-logged-in');
    await listWallets();
    await keepPicture(page, 'playground-wallets');

    await openTab(page, 'Quote');
    await run(page);
    await answerOf(page, /"exchangeRate": "0\.\d+"/);
    await keepPicture(page, 'playground-quoted');

    await openTab(page, 'Pay');
    const sent = JSON.parse(await textOf(page, 'variables.json'));
    await run(page);
    const { createPayment } = await answerOf(page, /"id": "pay_/);
    expect(createPayment).toMatchObject({ replayed: false, userErrors: [] });
    await keepPicture(page, 'playground-paid');
    const next = JSON.parse(await textOf(page, 'variables.json'));
    expect(next).toEqual({ ...sent, idempotencyKey: expect.not.stringMatching(sent.idempotencyKey) });

    await openTab(page, 'Watch');
    await run(page);
    const { paymentStateChanged: last } = await answerOf(page, /^{\s+"data": {\s+"\w+": {\s+"sequence": 5,/);
    await keepPicture(page, 'playground-watched');
    expect(await steps()).toEqual(['1 INITIATED', '2 VALIDATING', '3 PENDING', '4 PROCESSING', '5 CONFIRMED']);
    expect(last).toMatchObject({
      settled: true,
      payment: {
        payer: { displayName: expect.stringMatching(/^Ada/), wallet: { balance: { available: { currency: 'USD' } } } },
        payee: { displayName: expect.stringMatching(/^Kofi/) },
        riskAssessment: { decision: 'APPROVE' },
      },
    });
  });

  it('shows a step when it happens, and stops after the last', async () => {
    const paymentId = await depositUnderReview(platform.url);
    await logIn(operator);
    await openTab(page, 'Watch');
    await write(page, 'variables.json', { paymentId, afterSequence: 0 });
    await run(page);
    await answerOf(page, /"state": "IN_REVIEW"/);
    await keepPicture(page, 'playground-waiting');
    await decline(platform.url, paymentId);
    await answerOf(page, /"state": "FAILED"/);
    expect(await steps()).toEqual(['1 INITIATED', '2 VALIDATING', '3 IN_REVIEW', '4 FAILED']);
    await page.getByRole('button', { name: /^Execute query/ }).waitFor();
    await keepPicture(page, 'playground-declined');
  });

  it('asks to log in when a subscription is refused', async () => {
    await openTab(page, 'Watch');
    await run(page);
    await answerOf(page, /4403/);
    await keepPicture(page, 'playground-refused');
  });

  it('sends the access token no longer than asked', async () => {
    await logIn(ada);
    await listWallets();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await run(page);
    await answerOf(page, /"viewer": null/);
    expect(await textOf(page, 'request-headers.json')).toBe('{}');
  });
});
