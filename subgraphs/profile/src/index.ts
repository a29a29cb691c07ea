export { type Provisioned, ProvisioningError } from './customer/register.ts';
export { registerWithRoles } from './provision.ts';
export { publicFields } from './public-fields.ts';
export { startProfile } from './start.ts';
export { createProfileSubgraph, type ProfileDependencies } from './subgraph.ts';
