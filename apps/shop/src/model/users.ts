/** The people of the demo. A real shop would ask an identity provider. */
export interface User {
  readonly id: string
  readonly name: string
  readonly role: 'customer' | 'staff'
}

export const users: readonly User[] = [
  { id: 'ann', name: 'Ann', role: 'customer' },
  { id: 'ben', name: 'Ben', role: 'customer' },
  { id: 'sam', name: 'Sam', role: 'staff' },
]

export function userOf(id: string): User | undefined {
  return users.find((user) => user.id === id)
}
