export { VirtualClock } from '../netsim/virtual-clock.js'
export type { Skip } from './cases.js'
export { type TransportCase, testTransport } from './transport.js'
export type { TransportSetup } from './transport-lab.js'
