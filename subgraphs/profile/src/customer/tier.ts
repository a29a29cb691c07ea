/** How well a person is known: their limits and prices depend on it. */
export const tiers = ['BASIC', 'VERIFIED', 'ENHANCED'] as const;

export type KycTier = (typeof tiers)[number];
