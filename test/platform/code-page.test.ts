import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CodePage, codePageOf, readAs } from '../../src/platform/code-page/code-page.ts'
import { encoded } from '../support/tagged.ts'

const MIN_SHARE = 0.95

/** Titles, some with their artists. */
const SONGS: Record<CodePage, string[]> = {
  'windows-1251': [
    ...['Группа крови', 'Звезда по имени Солнце', 'Перемен', 'Кукушка', 'Катюша', 'Осень|ДДТ', 'Нас не догонят|Тату'],
    ...['Миллион алых роз', 'Всё идёт по плану', 'Ой, то не вечер', 'О любви', 'Орбит без сахара', 'Мой рок-н-ролл'],
    ...['Подмосковные вечера', 'ВАЛЕРА|ЛЕНИНГРАД', 'Червона рута', 'Ще не вмерла Україна', 'Без бою|Океан Ельзи'],
    ...['Закрой за мной дверь, я ухожу', 'Ты и я', 'Мы', 'Весна', 'Три белых коня', 'Комета|JONY', 'Я солдат', 'Тучи'],
  ],
  shift_jis: [
    ...[
      '上を向いて歩こう|坂本九',
      '残酷な天使のテーゼ',
      '津軽海峡・冬景色',
      '紅|X JAPAN',
      '涙そうそう',
      '千本桜',
      '紅蓮華|LiSA',
    ],
    ...[
      '夜に駆ける|YOASOBI',
      '前前前世',
      '恋|星野源',
      '川の流れのように',
      'いとしのエリー',
      '島唄',
      '雪の華',
      '君が代',
    ],
    ...['プラスティック・ラブ', '天城越え', 'チェリー', 'もののけ姫', '炎', '少年時代', '乾杯|長渕剛', '糸|中島みゆき'],
    ...[
      '小さな恋のうた',
      'なごり雪',
      '異邦人',
      '恋するフォーチュンクッキー',
      '3月9日',
      '本能',
      '踊',
      '勇者',
      '雨',
      '花|ORANGE RANGE',
    ],
  ],
  gbk: [
    ...[
      '月亮代表我的心',
      '甜蜜蜜|邓丽君',
      '青花瓷|周杰伦',
      '双截棍',
      '晴天',
      '七里香',
      '东风破',
      '告白气球',
      '朋友',
      '红豆',
    ],
    ...[
      '传奇',
      '一无所有',
      '海阔天空|Beyond',
      '吻别',
      '忘情水',
      '爱',
      '平凡之路',
      '老鼠爱大米',
      '江南',
      '遇见',
      '茉莉花',
    ],
    ...[
      '我的祖国',
      '成都|赵雷',
      '凉凉',
      '大约在冬季',
      '恋曲1990',
      '好汉歌',
      '问',
      '简单爱',
      '听妈妈的话',
      '富士山下',
      '消愁',
    ],
  ],
  'euc-kr': [
    ...[
      '강남스타일|싸이',
      '아리랑',
      '사랑했지만',
      '서른 즈음에',
      '너에게 난 나에게 넌',
      '봄날|방탄소년단',
      '피 땀 눈물',
    ],
    ...[
      '거짓말|빅뱅',
      '벚꽃 엔딩',
      '좋은 날|아이유',
      '소녀시대',
      '쏘리 쏘리',
      '애국가',
      '돌아와요 부산항에',
      '보고싶다',
    ],
    ...[
      '눈의 꽃',
      '어머나',
      '너의 의미',
      '붉은 노을',
      '총 맞은 것처럼',
      '눈, 코, 입|태양',
      '롤린',
      '첫눈',
      '으르렁',
      '체념',
    ],
    ...['거위의 꿈', '응급실|izi', '쩔어', '휘파람', '삐삐', '골목길', '나는 나비|YB', '가을 아침', '아주 NICE|세븐틴'],
  ],
  'windows-1252': [
    ...[
      'Café',
      'Für Elise',
      'Señorita',
      'Ça plane pour moi',
      'Ænima',
      'Ace of Spades|Motörhead',
      'Ágætis byrjun|Sigur Rós',
    ],
    ...[
      'Þú og ég',
      'Viðrar vel til loftárása',
      'Dýrð í dauðaþögn|Ásgeir',
      'Déjà Vu|Beyoncé',
      'Étude',
      'Été',
      'Été 67',
      'ÉTÉ',
    ],
    ...[
      'Über',
      'FÜR DICH',
      'Größenwahn',
      'Häßlich',
      'Füße im Feuer',
      'Süßer Vogel Jugend',
      'Köln',
      'Öppna landskap',
      'Ö',
      'Å',
    ],
    ...[
      'Hyvää yötä',
      'Þú',
      'Öö',
      'Æði',
      'Ó, ó',
      'ÆØÅ',
      'Pää',
      'Trøllabundin',
      'Røyksopp',
      'København',
      'ÆØÅ (Size Matters)',
      'Coração',
      'Canção',
      'Não',
      'À',
    ],
    ...[
      'Corazón espinado',
      'Niño',
      'Mañana',
      '¿Quién será?',
      '¡Olé!',
      'Naïve|The Kooks',
      'Aïcha',
      'Così',
      'È',
      'Felicità',
    ],
    ...[
      'Don’t Stop Me Now',
      '“Heroes”|David Bowie',
      'Rock ’n’ Roll',
      '…Baby One More Time',
      'L’été indien',
      '« Bonjour »',
    ],
    ...[
      'Money € Money',
      '25 €',
      '½ Mensch',
      'Nº 1',
      '20° to Solstice',
      '© 1999',
      'Œuvre',
      'Cœur de pirate',
      'Žižek',
      '…',
    ],
    ...[
      'Mötley Crüe|Mötley Crüe',
      'Blue Öyster Cult',
      '(Don’t Fear) The Reaper|Blue Öyster Cult',
      'La Tortura – Remix',
    ],
  ],
}

describe('the code page of a title', () => {
  for (const [page, songs] of Object.entries(SONGS) as [CodePage, string[]][]) {
    const least = page === 'windows-1252' ? 1 : MIN_SHARE
    test(`the code page of ${songs.length} titles in ${page} is recognised, with and without the artist`, () => {
      for (const withSinger of [false, true]) {
        const wrong = songs.filter((song) => {
          const texts = song.split('|').slice(0, withSinger ? 2 : 1)
          const fields = texts.map((text) => encoded(page, text))
          const told = codePageOf(fields)
          return fields.some((field, index) => readAs(told, field) !== texts[index])
        })
        assert.ok(wrong.length <= (1 - least) * songs.length, wrong.join(', '))
      }
    })
  }

  test('the code page of two thousand bytes is recognised', () => {
    const title = encoded('gbk', '月亮代表我的心'.repeat(143))
    assert.equal(codePageOf([title, title, title]), 'gbk')
  })
})
