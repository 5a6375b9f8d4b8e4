/** All that this device holds, as a file: also without network, and with a device that is full. */
import { Download } from 'lucide-react'
import { useState } from 'react'
import { useCurrentUser } from '../session/current-user.tsx'
import { storeName } from '../session/store.ts'
import { Button } from '../ui/button.tsx'
import { showToast } from '../ui/toast.tsx'

export function SaveCopy() {
  const { id } = useCurrentUser()
  const [saving, setSaving] = useState(false)
  const save = async () => {
    setSaving(true)
    try {
      const { exportStore } = await import('varve/export')
      const lines = await Array.fromAsync(exportStore(storeName(id)))
      offer(new Blob(lines, { type: 'application/jsonl' }), `${storeName(id)}-${today()}.jsonl`)
    } catch (error) {
      const { message = '', hint } = error as { readonly message?: string; readonly hint?: string | null }
      showToast(`No copy was made. ${message} ${hint ?? 'Nothing was changed; try again.'}`, { tone: 'bad' })
    } finally {
      setSaving(false)
    }
  }
  return (
    <Button look="quiet" size="small" className="mt-4 w-full" disabled={saving} onClick={() => void save()}>
      <Download className="size-4" aria-hidden="true" />
      {saving ? 'Copying…' : 'Save a copy of my data'}
    </Button>
  )
}

function offer(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}
