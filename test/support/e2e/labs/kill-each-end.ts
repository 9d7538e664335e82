import { expect } from 'vitest'
import type { LabHost } from '../../../../lab/lab.js'
import type { Program } from '../../../../lab/program.js'
import { Pings } from '../pings.js'
import { type FullTunnelLab, WORLD } from './full-tunnel-lab.js'

/** Starts an end, and resolves once it does its part. */
type Start = () => Promise<Program>

/** Kills each end of a tunnel and starts it anew: pings through it are answered again each time. Returns the client that runs then. */
export async function killEachEnd(
  lab: FullTunnelLab,
  { server, serve, client, call }: { server: Program; serve: Start; client: Program; call: Start },
): Promise<Program> {
  const pings = new Pings(lab.client, WORLD.ipv4)
  await pings.firstAfter(Date.now())
  server.kill('SIGKILL')
  await server.ending()
  await serve()
  await pings.firstAfter(Date.now())
  client.kill('SIGKILL')
  await client.ending()
  const again = await call()
  await pings.firstAfter(Date.now())
  await pings.stop()
  return again
}

/** Ends the tunnel of a host, which has nothing left of its packet filter then. */
export async function endCleanly(client: Program, host: LabHost): Promise<void> {
  client.kill('SIGTERM')
  expect(await client.ending()).toEqual({ code: 0, signal: null })
  expect(await host.run('nft', 'list', 'ruleset')).not.toContain('qanat')
}
