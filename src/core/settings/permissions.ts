/** Permission of the group and of others to write a file. inode(7) */
export const WRITE_BY_OTHERS = 0o022
