/** Who is signed in, how the shop looks, and the way out. */
import { useNavigate } from '@tanstack/react-router'
import { LogOut, Monitor, Moon, Sun } from 'lucide-react'
import type { StoreStatus } from 'varve'
import { useSync } from 'varve/react'
import { useCurrentUser } from '../session/current-user.tsx'
import { signOut } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { setTheme, type ThemeChoice, useTheme } from '../ui/theme.ts'
import { showToast } from '../ui/toast.tsx'
import { SaveCopy } from './save-copy.tsx'
import { mayBeLost } from './status-words.ts'

const themes = [
  { choice: 'light', label: 'Light', icon: Sun },
  { choice: 'dark', label: 'Dark', icon: Moon },
  { choice: 'system', label: 'System', icon: Monitor },
] as const satisfies readonly { choice: ThemeChoice; label: string; icon: typeof Sun }[]

export function UserMenu() {
  const user = useCurrentUser()
  return (
    <>
      <button
        type="button"
        popoverTarget="user-menu"
        aria-label={`${user.name}, account and appearance`}
        className="grid size-10 shrink-0 place-items-center rounded-full bg-accent-soft font-display font-semibold text-accent"
      >
        {user.name[0]}
      </button>
      <section
        id="user-menu"
        popover="auto"
        aria-label="Account"
        className="header-popover w-80 rounded-2xl border border-line bg-surface p-5 shadow-lift"
      >
        <p className="font-semibold">{user.name}</p>
        <p className="text-muted text-sm">{user.role === 'staff' ? 'Staff' : 'Customer'}</p>
        <ThemeChoices />
        <SaveCopy />
        <SignOut />
      </section>
    </>
  )
}

function ThemeChoices() {
  const chosen = useTheme()
  return (
    <fieldset className="mt-4">
      <legend className="mb-2 text-muted text-sm">Appearance</legend>
      <div className="grid grid-cols-3 gap-1 rounded-full bg-sunken p-1">
        {themes.map(({ choice, label, icon: Icon }) => (
          <label
            key={choice}
            className="flex min-h-9 cursor-pointer items-center justify-center gap-1.5 rounded-full text-sm has-checked:bg-surface has-focus-visible:outline-2 has-focus-visible:outline-accent has-checked:font-medium has-checked:shadow-sm"
          >
            <input
              type="radio"
              name="theme"
              className="sr-only"
              checked={chosen === choice}
              onChange={() => setTheme(choice)}
            />
            <Icon className="size-4" aria-hidden="true" />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  )
}

function SignOut() {
  const status = useSync()
  const navigate = useNavigate()
  // The next person begins at the front, not on somebody else's page.
  const leave = () =>
    void navigate({ to: '/' })
      .then(signOut)
      .catch(() => showToast('This browser could not forget you. Free some space and try again.'))
  return (
    <div className="mt-4 border-line border-t pt-4">
      <Button look="quiet" size="small" className="w-full" onClick={leave}>
        <LogOut className="size-4" aria-hidden="true" />
        Sign out
      </Button>
      <p className="mt-2 text-muted text-xs">{whatStays(status)}</p>
    </div>
  )
}

function whatStays(status: Pick<StoreStatus, 'pending' | 'problem'>): string {
  if (status.pending === 0) return 'What is yours stays on this device and is shown to nobody else.'
  return mayBeLost(status)
    ? 'What was not sent may be lost: this device does not keep it any more.'
    : 'What is not sent yet stays on this device and is sent when you sign in again.'
}
