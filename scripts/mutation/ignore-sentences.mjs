// Leaves the sentences of failures and defects alone: what they say is for people, and no rule.
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin'

const sentences = {
  /** @param {import('@babel/core').NodePath} path */
  shouldIgnore(path) {
    const { parent, key } = path
    const isOfCall = path.listKey === 'arguments'
    const isSentence =
      (isOfCall && parent.type === 'CallExpression' && parent.callee.name === 'assert' && key === 1) ||
      (isOfCall && parent.type === 'NewExpression' && parent.callee.name === 'VarveError' && key > 0)
    return isSentence ? 'a sentence for people' : undefined
  },
}

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'sentences', sentences)]
