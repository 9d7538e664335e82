import { beforeEach, describe, it } from 'vitest'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import type { Logger } from '../../../src/core/api/logger.js'
import { type Configuration, createTunnel, type EmbeddedTunnel } from '../../../src/index.js'
import { afterTest } from '../../support/after-test.js'
import { Seen, withLogin, withSecrets } from '../../support/core/canaries.js'

let seen: Seen
beforeEach(() => {
  seen = new Seen()
})

describe('a library shows no secret of a URL', () => {
  const configuration = (own: Configuration['interface'], far: Partial<Configuration['peers'][0]>) => ({
    interface: { privateKey: generatePrivateKey(), address: ['10.0.0.1/24'], tunDriver: 'memory', ...own },
    peers: [{ publicKey: publicKeyOf(generatePrivateKey()), allowedIps: ['10.0.0.2/32'], ...far }],
  })
  /** A query only: whoever writes a fragment is refused. */
  const endpoint = withSecrets('ws://127.0.0.1:1/door').replace(/#.*/, '')

  function watched(tunnel: EmbeddedTunnel): EmbeddedTunnel {
    for (const event of ['up', 'reached', 'moved', 'lost', 'closed'] as const)
      tunnel.on(event, (told?: unknown) => seen.add(event, told ?? {}))
    afterTest(() => tunnel.close())
    return tunnel
  }

  it('in its events, its status and its log', async () => {
    const note: Logger['info'] = (message, fields) => seen.add(message, fields ?? {})
    const [serverKey, clientKey] = [generatePrivateKey(), generatePrivateKey()]
    const at = withLogin('ws://127.0.0.1:0/door')
    const near = watched(
      await createTunnel(
        configuration({ privateKey: serverKey, listen: [at] }, { publicKey: publicKeyOf(clientKey) }),
        { log: { debug: note, info: note, warn: note, error: note } },
      ),
    )
    await near.start()
    const { port } = new URL(near.status().listen[0]!)
    const far = watched(
      await createTunnel(
        configuration(
          { privateKey: clientKey, address: ['10.0.0.2/24'] },
          {
            publicKey: publicKeyOf(serverKey),
            allowedIps: ['10.0.0.1/32'],
            endpoints: [at!.replace(':0/', `:${port}/`)],
            proxy: 'none',
          },
        ),
        { log: { debug: note, info: note, warn: note, error: note } },
      ),
    )
    const reached = new Promise((resolve) => far.once('reached', resolve))
    await Promise.all([reached, far.start()])
    seen.add(near.status(), far.status())
    await near.close()
    await far.close()
    seen.expectNoSecret('reached', `ws://127.0.0.1:${port}/door`)
  })

  it.each([
    configuration({ listen: [`${endpoint} #`] }, {}),
    configuration({ listen: endpoint as unknown as string[] }, {}),
    configuration({ listen: [withSecrets('ws://host:99999/door')] }, {}),
    configuration({ name: endpoint }, { endpoints: [endpoint] }),
    configuration({}, { endpoints: [withSecrets('ws://host/door')] }),
    configuration({}, { endpoints: endpoint as unknown as string[] }),
    configuration({}, { endpoints: [withLogin('://host:1337').slice(3)] }),
    configuration({}, { endpoints: [endpoint], proxy: `ftp:${endpoint}` }),
    configuration({}, { endpoints: [endpoint], proxy: [endpoint] as unknown as string }),
    { ...configuration({}, { endpoints: [endpoint] }), [endpoint]: 1 },
    {
      ...configuration({}, { endpoints: [endpoint] }),
      websocket: { headers: [`Authorization ${endpoint}`] },
    },
    configuration({}, { [withLogin('x://y')]: endpoint }),
  ])('in its errors, case %#', async (config) => {
    seen.add(await createTunnel(config as Configuration).catch((thrown) => thrown))
    seen.expectNoSecret('Cannot use the configuration')
  })
})
