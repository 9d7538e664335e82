import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { generatePrivateKey, publicKeyOf } from '../ciphers/keys.js'
import { firstFiles } from '../config/init/first-files.js'
import { type Answers, checkAnswer, questions } from '../config/init/questions.js'
import { createFiles } from '../config/write-files.js'
import { ConfigError } from '../core/errors.js'
import { ask, Terminal } from './ask.js'
import { EXIT_OK } from './exit-codes.js'
import { print } from './output.js'

interface Options extends Partial<Answers> {
  readonly folder: string
  readonly tlsCert?: string
  readonly tlsKey?: string
}

/** Adds `init`, which makes a server's file and its first client's. */
export function addInitCommand(program: Command, exit: (code: number) => void): void {
  program
    .command('init')
    .description("write a server's file and its first client's; asks for what is not given")
    .option('--host <name>', 'how clients reach the server: its name or address')
    .option('--transports <names>', 'udp, tcp, ws, wss: in order of preference')
    .option('--port <port>', 'the port for udp and tcp')
    .option('--network <cidr,...>', 'the networks inside the tunnel')
    .option('--client <name>', 'the name of the first client')
    .option('--folder <folder>', 'where the files are written', '.')
    .option('--tls-cert <file>', "wss: the server's certificate (PEM)")
    .option('--tls-key <file>', "wss: the certificate's private key (PEM)")
    .action(async (options: Options) => exit(await init(options)))
}

async function init(options: Options): Promise<number> {
  const answers = await answersOf(options)
  const [server, client] = [generatePrivateKey(), generatePrivateKey()]
  const keys = {
    serverPrivateKey: server,
    serverPublicKey: publicKeyOf(server),
    privateKey: client,
    publicKey: publicKeyOf(client),
  }
  const { tlsCert, tlsKey } = options
  const certificate =
    tlsCert === undefined || tlsKey === undefined
      ? undefined
      : { certFile: resolve(tlsCert), keyFile: resolve(tlsKey) }
  const texts = firstFiles(answers, keys, certificate)
  const paths = {
    server: join(options.folder, 'server.toml'),
    client: join(options.folder, `${answers.client}.toml`),
  }
  createFiles([
    { path: paths.server, text: texts.server },
    { path: paths.client, text: texts.client },
  ])
  print(
    `${paths.server}: run "qanat up" with it on the server\n${paths.client}: copy it to the client by a safe way\n`,
  )
  return EXIT_OK
}

/** What options do not say is asked for on a terminal; elsewhere the usual answer is taken. */
async function answersOf(options: Options): Promise<Answers> {
  const all = questions(randomBytes)
  for (const question of all) {
    const given = options[question.name]
    if (given !== undefined) checkAnswer(question, given)
  }
  const terminal = process.stdin.isTTY && process.stderr.isTTY ? new Terminal() : undefined
  try {
    const answers: Partial<Record<keyof Answers, string>> = {}
    for (const question of all) {
      const given = options[question.name]
      const answer = given ?? (terminal === undefined ? question.usual : await ask(terminal, question))
      if (answer === undefined) {
        throw new ConfigError(`Cannot ask without a terminal: give --${question.name}`, {
          code: 'ERR_CONFIG_MISSING',
        })
      }
      answers[question.name] = answer
    }
    return answers as Answers
  } finally {
    terminal?.close()
  }
}
