import { beforeAll, expect, it } from 'vitest'
import { type LabHost, QANAT, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { complaintsOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping'],
  'files that init and add-client wrote',
  () => {
    const lab = groupLab()
    let folder: string
    beforeAll(() => {
      folder = temporaryFolder()
    })

    function qanat(host: LabHost, ...args: string[]): Program {
      const env = { ...process.env, RUNTIME_DIRECTORY: folder }
      return host.start(process.execPath, [QANAT, ...args], { cwd: folder, env })
    }

    it('make a server and its clients, one at a time here, that reach each other', async () => {
      const { near, far } = lab
      await qanat(far, 'init', '--host', far.ipv4, '--network', '10.7.0.0/24, fd07::/64').output()
      const config = ['--config', 'server.toml']
      await qanat(far, 'add-client', 'second', ...config, '-o', 'second.toml').output()
      await qanat(far, 'add-client', 'third', ...config, '--format', 'wg-quick', '-o', 'third.conf').output()
      const server = qanat(far, 'up', 'server.toml')
      await server.line('listening')
      for (const [file, ipv4, ipv6] of [
        ['client.toml', '10.7.0.2', 'fd07::2'],
        ['second.toml', '10.7.0.3', 'fd07::3'],
        ['third.conf', '10.7.0.4', 'fd07::4'],
      ] as const) {
        const client = qanat(near, 'up', file)
        await client.line(REACHED)
        for (const address of ['10.7.0.1', 'fd07::1']) await near.run('ping', '-c', '1', '-w', '10', address)
        for (const address of [ipv4, ipv6]) await far.run('ping', '-c', '1', '-w', '10', address)
        expect(complaintsOf(client)).toEqual([])
        client.kill('SIGTERM')
        expect(await client.ending()).toEqual({ code: 0, signal: null })
      }
    })
  },
)
