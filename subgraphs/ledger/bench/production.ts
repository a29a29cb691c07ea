/** Imported first, because libraries look when they are loaded: GraphQL's checks every type with more care elsewhere. */
process.env.NODE_ENV ??= 'production';
