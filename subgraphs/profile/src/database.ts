import { prismaAdapter } from '@paygraph/database';
import { PrismaClient } from './generated/prisma/client.ts';

/** Opens the subgraph's database. Errors are told without the values of the query: they may be somebody's address. */
export function openDatabase(url: string): PrismaClient {
  return new PrismaClient({
    adapter: prismaAdapter({ url, transactionSeconds: 10, prepared: true }),
    errorFormat: 'minimal',
  });
}
