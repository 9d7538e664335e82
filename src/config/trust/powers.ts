import { namesPac, parsePac } from '../../core/proxy/pac-place.js'
import type { AnyModel } from '../schema/model.js'

/** What a configuration asks for that takes more than to be right. */
export interface Powers {
  readonly hooks: boolean
  readonly plugins: boolean
  readonly driver: boolean
  readonly documentRoot: boolean
  /** The browser of `qanat login`. */
  readonly browser: boolean
  /** Whether it names files of keys or certificates, or a PAC file. */
  readonly files: boolean
}

const WORDS: Readonly<Record<keyof Powers, string>> = {
  hooks: 'hooks',
  plugins: 'plugins',
  driver: 'TUN driver',
  documentRoot: 'document root',
  browser: 'login browser',
  files: 'key, certificate and PAC files',
}

/** Which of these powers a configuration asks for. */
export function powersOf(model: AnyModel, powers: readonly (keyof Powers)[]): Powers {
  const asked = Object.entries(allPowersOf(model)) as [keyof Powers, boolean][]
  return Object.fromEntries(
    asked.map(([power, is]) => [power, is && powers.includes(power)]),
  ) as unknown as Powers
}

function allPowersOf({ interface: own, peers, tls = {}, websocket = {} }: AnyModel): Powers {
  const some = (list: readonly string[] | undefined) => list !== undefined && list.length > 0
  return {
    hooks: [own.preUp, own.postUp, own.preDown, own.postDown].some(some),
    plugins: some(own.plugins),
    driver: own.tunDriver !== undefined,
    documentRoot: websocket.documentRoot !== undefined,
    browser: own.loginBrowser !== undefined,
    files: [
      ...[own.keyFile, own.privateKeyFile, ...peers.map(({ presharedKeyFile }) => presharedKeyFile)],
      ...[tls.certFile, tls.keyFile, tls.keyPassphraseFile, tls.caFile, tls.proxyCaFile],
      ...(tls.furtherCertFiles ?? []),
      ...(tls.furtherKeyFiles ?? []),
      ...peers.map(({ proxy }) =>
        proxy !== undefined && namesPac(proxy) ? parsePac(proxy).path : undefined,
      ),
    ].some((file) => file !== undefined),
  }
}

/** Such of these that are asked for, as a message lists them; undefined if none is. */
export function listed(powers: Powers, among: readonly (keyof Powers)[]): string | undefined {
  const words = among.filter((power) => powers[power]).map((power) => WORDS[power])
  return words.length === 0 ? undefined : words.join(', ')
}
