/** Token of the transports that `register` offers: register a TransportPlugin. */
export const TRANSPORT: unique symbol = Symbol.for('qanat/transport')
/** Token of the ciphers that `register` offers: register a CipherPlugin. */
export const CIPHER: unique symbol = Symbol.for('qanat/cipher')
/** Token of the TUN drivers that `register` offers: register a TunDriverPlugin. */
export const TUN_DRIVER: unique symbol = Symbol.for('qanat/tun-driver')
/** Token of a plugin's options, in its own container. */
export const OPTIONS: unique symbol = Symbol.for('qanat/options')
/** Token of the app's Logger. */
export const LOGGER: unique symbol = Symbol.for('qanat/logger')
/** Token of the app's Clock. */
export const CLOCK: unique symbol = Symbol.for('qanat/clock')
/** Token of a plugin's Network, in its own container. */
export const NETWORK: unique symbol = Symbol.for('qanat/network')
/** Token of what a plugin keeps, in its own container: a PluginStorage. */
export const STORAGE: unique symbol = Symbol.for('qanat/storage')
/** Token of the function that admits unknown sources, in a plugin's own container. */
export const ADMIT: unique symbol = Symbol.for('qanat/admit')
