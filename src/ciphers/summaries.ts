/** One line on each cipher, apart from its code so that all can be listed without loading any. */
export const CIPHER_SUMMARIES = {
  'aes-256-gcm': 'AES-256-GCM with one key shared by two ends',
  'chacha20-poly1305': 'ChaCha20-Poly1305 with one key shared by two ends',
  wireguard: 'the protocol of WireGuard, also with its own programs',
  xor: 'CrapVPN: XOR with a repeated key; for learning, protects nothing',
} as const
