/** Everyone may know the rates. */
export const publicFields = {
  Query: ['currencies', 'exchangeRate', 'exchangeRates', 'exchangeRateHistory'],
  Currency: ['code', 'name', 'exponent'],
  ExchangeRate: ['base', 'quote', 'mid', 'customer', 'spreadBasisPoints', 'observedAt', 'source', 'stale'],
  HistoricalRateConnection: ['edges', 'nodes', 'pageInfo'],
  HistoricalRateEdge: ['node', 'cursor'],
  HistoricalRate: ['at', 'mid', 'source'],
  PageInfo: ['hasNextPage', 'hasPreviousPage', 'startCursor', 'endCursor'],
};
