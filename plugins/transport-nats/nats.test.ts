import { testTransport } from 'qanat/conformance'
import { afterAll, beforeAll } from 'vitest'
import { describeWhere } from '../../test/support/e2e/requirements.js'
import { natsTransport } from './nats-lab.js'
import { NatsServers } from './nats-servers.js'

describeWhere(['program nats-server'], 'datagrams over NATS', () => {
  let servers: NatsServers
  beforeAll(async () => {
    servers = await NatsServers.start(1)
  })
  afterAll(() => servers.stop())

  testTransport({
    name: 'nats',
    stream: false,
    setup: () => ({
      end: () => natsTransport(),
      endpoint: new URL(`nats://${servers.hosts[0]}/conformance`),
    }),
  })
})
