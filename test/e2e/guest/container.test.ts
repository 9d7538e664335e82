import { chmodSync } from 'node:fs'
import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { type Container, containerScript, listOf, readYaml } from '../../support/e2e/debian/container.js'
import { CLIENT, groupFullTunnelLab, OUTER, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PORT = 5198

/** What this reads of compose.yaml. */
interface Compose {
  readonly services: {
    readonly qanat: Readonly<Record<'cap_add' | 'cap_drop' | 'devices', string[]>> & {
      readonly environment: Record<string, string>
      readonly sysctls: Record<string, number>
      readonly secrets: readonly [{ readonly source: string; readonly target: string }]
    }
    readonly app: { readonly network_mode: string; readonly depends_on: Record<string, unknown> }
  }
  readonly secrets: Record<string, unknown>
}

/** What this reads of kubernetes.yaml. */
interface Pod {
  readonly spec: {
    readonly containers: readonly {
      readonly securityContext?: {
        readonly runAsUser: number
        readonly capabilities: Record<'add' | 'drop', string[]>
      }
      readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
    }[]
    readonly volumes: readonly { readonly name: string }[]
  }
}

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const),
    ...(['program setpriv', 'program pgrep', 'program python3', 'Debian package python3-yaml'] as const),
  ],
  'a container as packaging/container has it',
  () => {
    const lab = groupFullTunnelLab()

    it('carries a full tunnel with what compose.yaml gives it, is healthy, and ends by SIGTERM', async () => {
      const { services, secrets } = readYaml('packaging/container/compose.yaml') as Compose
      const { cap_add, cap_drop, devices, environment, secrets: own, sysctls } = services.qanat
      expect(cap_drop).toEqual(['ALL'])
      expect(Object.keys(secrets)).toEqual([own[0].source])
      expect(services.app.network_mode).toBe('service:qanat')
      expect(Object.keys(services.app.depends_on)).toEqual(['qanat'])
      const container = { ...bare(), capabilities: cap_add, devices, environment }
      const secret: Container['secret'] = [await wgFile(), own[0].target]
      for (const [name, value] of Object.entries(sysctls)) {
        await lab.client.run('sysctl', '-qw', `${name}=${value}`)
      }
      const started = run({ ...container, secret })
      await started.line(REACHED)
      await lab.client.run('ping', '-c', '1', '-W', '5', WORLD.ipv4)
      await lab.client.run('ping', '-c', '1', '-W', '5', WORLD.ipv6)
      expect(started.stderr.filter((line) => line.includes('others may read the keys'))).toHaveLength(1)
      const first = await firstOf(started)
      const within = ['-t', first, '-m', '-p', '-r', 'env', 'PATH=/usr/local/bin:/usr/bin']
      const check = listOf('HEALTHCHECK')
      expect(await lab.client.run('nsenter', ...within, ...check)).toContain('wg0')
      expect(await lab.client.run('grep', 'CapPrm', `/proc/${first}/status`)).toMatch(/0000000000001000$/)
      await lab.client.run('kill', '-TERM', first)
      expect(await started.ending()).toEqual({ code: 0, signal: null })
      expect(await lab.client.run('ip', 'rule')).not.toContain('fwmark')
    })

    it('carries one with what kubernetes.yaml gives it, where the key is root’s alone', async () => {
      const { spec } = readYaml('packaging/container/kubernetes.yaml') as Pod
      const [{ securityContext, volumeMounts = [] }] = spec.containers as [Pod['spec']['containers'][0]]
      expect(securityContext).toMatchObject({ runAsUser: 0, capabilities: { drop: ['ALL'] } })
      expect(volumeMounts.map(({ name }) => name)).toEqual(spec.volumes.map(({ name }) => name))
      const [folder, device] = volumeMounts.map(({ mountPath }) => mountPath)
      const file = await wgFile()
      chmodSync(file, 0o400)
      const started = run({
        ...{ ...bare(), capabilities: securityContext!.capabilities.add, devices: [device!] },
        ...{ environment: {}, secret: [file, `${folder}/wg0.conf`] },
      })
      await started.line(REACHED)
      await lab.client.run('kill', '-TERM', await firstOf(started))
      expect(await started.ending()).toEqual({ code: 0, signal: null })
    })

    it('says in one line what it lacks: the device, the capability, a readable file', async () => {
      const file = await wgFile()
      chmodSync(file, 0o400)
      const secret: Container['secret'] = [file, '/etc/qanat/wg0.conf']
      const lacking = { ...bare(), environment: {}, secret }
      const without = async (container: Container) => {
        const started = run(container)
        expect((await started.ending()).code).toBeGreaterThan(0)
        return started.stderr.at(-1)
      }
      expect(await without({ ...lacking, devices: [] })).toContain('/dev/net/tun')
      expect(await without({ ...lacking, capabilities: [] })).toMatch(/root|CAP_NET_ADMIN|permi/)
    })

    function bare(): Omit<Container, 'environment' | 'secret'> {
      const command = [...listOf('ENTRYPOINT'), ...listOf('CMD')]
      const volumes = listOf('VOLUME')
      return { capabilities: ['NET_ADMIN'], command, devices: ['/dev/net/tun'], volumes }
    }

    function run(container: Container): Program {
      const namespaces = ['--mount', '--pid', '--fork', '--kill-child']
      return lab.client.start('unshare', [...namespaces, 'sh', '-ec', containerScript(container)])
    }

    /** The process that is the first one within. */
    function firstOf({ pid }: Program): Promise<string> {
      return lab.client.run('pgrep', '-P', String(pid))
    }

    /** A file with the mode of a secret of Docker's; its server runs. */
    async function wgFile(): Promise<string> {
      await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
      const path = lab.file(`secret.conf`, [
        '[Interface]',
        `PrivateKey = ${lab.keys.near.privateKey}`,
        `Address = ${CLIENT.ipv4}/32, ${CLIENT.ipv6}/128`,
        '[Peer]',
        `PublicKey = ${lab.keys.far.publicKey}`,
        'AllowedIPs = 0.0.0.0/0, ::/0',
        `Endpoint = ${OUTER}:${PORT}`,
      ])
      chmodSync(path, 0o444)
      return path
    }
  },
)
