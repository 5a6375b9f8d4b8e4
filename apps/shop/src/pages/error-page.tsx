/** When something is broken: what, what to do, and that nothing is lost. */
import { TriangleAlert } from 'lucide-react'
import { VarveError } from 'varve'
import { Button } from '../ui/button.tsx'
import { Empty, useTitle } from '../ui/page.tsx'

export function ErrorPage({ error }: { readonly error: unknown }) {
  useTitle('Something went wrong')
  const known = error instanceof VarveError ? error : null
  return (
    <div role="alert" className="mx-auto max-w-xl px-4 py-16">
      <Empty
        icon={TriangleAlert}
        title="Something went wrong"
        action={<Button onClick={() => location.reload()}>Reload</Button>}
      >
        {known === null
          ? 'The page could not be shown. What you did is saved on this device.'
          : [known.message, known.hint].filter(Boolean).join(' ')}
      </Empty>
    </div>
  )
}
