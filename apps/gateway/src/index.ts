import './no-telemetry.ts';

export { gatewaySettings } from './environment.ts';
export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';
export { startGateway } from './start.ts';
