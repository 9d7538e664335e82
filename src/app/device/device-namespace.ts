import type { TunnelConfig } from '../../core/api/config.js'
import { ConfigError } from '../../core/api/errors.js'
import type { TunDriver } from '../../core/api/tun-device.js'
import { NamedNamespace } from '../../native/process/namespace-scope.js'

/**
 * The namespace that the device is to live in; undefined if that is where the process is.
 *
 * @throws QanatError if it is not there, or may not be entered.
 */
export function openNamespace({ tun }: TunnelConfig): NamedNamespace | undefined {
  return tun.namespace === undefined ? undefined : new NamedNamespace(tun.namespace)
}

/** @throws ConfigError if a driver makes no device in a namespace. */
export function checkEnters(namespace: NamedNamespace | undefined, driver: TunDriver): void {
  if (namespace === undefined || driver.entersNamespaces === true) return
  const why = "this TUN driver makes its device where the process is; use 'linux'"
  throw new ConfigError(`Cannot use the network namespace '${namespace.name}': ${why}`, {
    code: 'ERR_CONFIG_VALUE',
  })
}
