import { prismaAdapter } from '@paygraph/database';
import { PrismaClient } from './generated/prisma/client.ts';

/** Opens the subgraph's database. */
export function openDatabase(url: string): PrismaClient {
  return new PrismaClient({ adapter: prismaAdapter({ url, transactionSeconds: 10, prepared: true }) });
}
