"""Material for names: of people, of partner firms, of clients; each with its reading in katakana.

Family and given names are common ones, put together at random; firms and clients are invented.
"""

from typing import NamedTuple

from demo.dice import Dice
from hub.vocabulary import PartnerRole


class Name(NamedTuple):
    """A name with its reading in full-width katakana, and in Latin letters where it has one."""

    text: str
    kana: str
    latin: str = ""


def _read(table: str) -> tuple[Name, ...]:
    """Names from a table: entries apart by bars or line ends, the parts of one by spaces (`_` is a space in Latin)."""
    entries = (entry.split() for entry in table.replace("\n", "|").split("|"))
    return tuple(Name(entry[0], entry[1], entry[2].replace("_", " ") if entry[2:] else "") for entry in entries)


FAMILY = _read("""\
佐藤 サトウ Sato|鈴木 スズキ Suzuki|高橋 タカハシ Takahashi|田中 タナカ Tanaka|伊藤 イトウ Ito
渡辺 ワタナベ Watanabe|山本 ヤマモト Yamamoto|中村 ナカムラ Nakamura|小林 コバヤシ Kobayashi|加藤 カトウ Kato
吉田 ヨシダ Yoshida|山田 ヤマダ Yamada|佐々木 ササキ Sasaki|山口 ヤマグチ Yamaguchi|松本 マツモト Matsumoto
井上 イノウエ Inoue|木村 キムラ Kimura|林 ハヤシ Hayashi|斎藤 サイトウ Saito|清水 シミズ Shimizu
山崎 ヤマザキ Yamazaki|森 モリ Mori|池田 イケダ Ikeda|橋本 ハシモト Hashimoto|阿部 アベ Abe
石川 イシカワ Ishikawa|山下 ヤマシタ Yamashita|中島 ナカジマ Nakajima|石井 イシイ Ishii|小川 オガワ Ogawa
前田 マエダ Maeda|岡田 オカダ Okada|長谷川 ハセガワ Hasegawa|藤田 フジタ Fujita|後藤 ゴトウ Goto
近藤 コンドウ Kondo|村上 ムラカミ Murakami|遠藤 エンドウ Endo|青木 アオキ Aoki|坂本 サカモト Sakamoto
福田 フクダ Fukuda|太田 オオタ Ota|西村 ニシムラ Nishimura|藤井 フジイ Fujii|岡本 オカモト Okamoto
藤原 フジワラ Fujiwara|中野 ナカノ Nakano|三浦 ミウラ Miura|原田 ハラダ Harada|松田 マツダ Matsuda
竹内 タケウチ Takeuchi|小野 オノ Ono|中川 ナカガワ Nakagawa|和田 ワダ Wada|石田 イシダ Ishida|森田 モリタ Morita
上田 ウエダ Ueda|内田 ウチダ Uchida|柴田 シバタ Shibata|酒井 サカイ Sakai|宮崎 ミヤザキ Miyazaki
横山 ヨコヤマ Yokoyama|高木 タカギ Takagi|安藤 アンドウ Ando|宮本 ミヤモト Miyamoto|大野 オオノ Ono
谷口 タニグチ Taniguchi|今井 イマイ Imai|工藤 クドウ Kudo|高田 タカダ Takada|増田 マスダ Masuda
丸山 マルヤマ Maruyama|杉山 スギヤマ Sugiyama|村田 ムラタ Murata|大塚 オオツカ Otsuka|小島 コジマ Kojima
藤本 フジモト Fujimoto|平野 ヒラノ Hirano""")

GIVEN = _read("""\
健一 ケンイチ|誠 マコト|浩 ヒロシ|隆 タカシ|直樹 ナオキ|哲也 テツヤ|大輔 ダイスケ|拓也 タクヤ|健太 ケンタ
翔太 ショウタ|和也 カズヤ|達也 タツヤ|雄一 ユウイチ|裕介 ユウスケ|亮 リョウ|学 マナブ|修 オサム|茂 シゲル
豊 ユタカ|剛 ツヨシ|洋子 ヨウコ|恵子 ケイコ|由美 ユミ|真由美 マユミ|陽子 ヨウコ|裕子 ユウコ|智子 トモコ
久美子 クミコ|美咲 ミサキ|愛 アイ|彩 アヤ|舞 マイ|麻衣 マイ|香織 カオリ|直美 ナオミ|明美 アケミ|千尋 チヒロ
さくら サクラ|結衣 ユイ|葵 アオイ|正樹 マサキ|康弘 ヤスヒロ|俊介 シュンスケ|一郎 イチロウ|英樹 ヒデキ
典子 ノリコ|京子 キョウコ|優子 ユウコ|奈々 ナナ|遥 ハルカ""")

_FIRM_FIRST = _read("""\
青葉 アオバ Aoba|若草 ワカクサ Wakakusa|千鳥 チドリ Chidori|白峰 シラミネ Shiramine|朝霧 アサギリ Asagiri
北斗 ホクト Hokuto|春風 ハルカゼ Harukaze|山吹 ヤマブキ Yamabuki|あけぼの アケボノ Akebono|みなも ミナモ Minamo
ひより ヒヨリ Hiyori|つばめ ツバメ Tsubame|こだま コダマ Kodama|まつかぜ マツカゼ Matsukaze|なぎさ ナギサ Nagisa
かがやき カガヤキ Kagayaki|いずみ イズミ Izumi|とびうめ トビウメ Tobiume|銀河 ギンガ Ginga|蒼天 ソウテン Soten
瑞穂野 ミズホノ Mizuhono|月見 ツキミ Tsukimi|花菱 ハナビシ Hanabishi|白樺 シラカバ Shirakaba|星見 ホシミ Hoshimi
雪割 ユキワリ Yukiwari|葦原 アシハラ Ashihara|風見 カザミ Kazami|杜若 カキツバタ Kakitsubata
水鏡 ミズカガミ Mizukagami|ルミナ ルミナ Lumina|アルタ アルタ Alta|ノヴァ ノヴァ Nova|ソレイユ ソレイユ Soleil
リンク リンク Link|テラス テラス Terrace|フォレスト フォレスト Forest|ブリッジ ブリッジ Bridge
コンパス コンパス Compass|ハーバー ハーバー Harbor""")

_FIRM_SECOND = _read("""\
第一 ダイイチ Daiichi|中央 チュウオウ Chuo|総合 ソウゴウ Sogo|共同 キョウドウ Kyodo|東 ヒガシ Higashi
西 ニシ Nishi|南 ミナミ Minami|北 キタ Kita|新 シン Shin|大 ダイ Dai|協和 キョウワ Kyowa|日ノ出 ヒノデ Hinode
未来 ミライ Mirai|創造 ソウゾウ Sozo|信頼 シンライ Shinrai|和 ワ Wa""")

_FIRM_KIND = {
    PartnerRole.ADVISOR: _read("""\
会計事務所 カイケイジムショ Accounting_Office|税理士法人 ゼイリシホウジン Tax_Accountants
経営会計 ケイエイカイケイ Management_Accounting|コンサルティング コンサルティング Consulting
公認会計士事務所 コウニンカイケイシジムショ CPA_Office
経営支援センター ケイエイシエンセンター Business_Support_Center"""),
    PartnerRole.INTEGRATOR: _read("""\
システムズ システムズ Systems|ソフトウェア ソフトウェア Software
情報サービス ジョウホウサービス Information_Services|テクノロジー テクノロジー Technology
ネットワークス ネットワークス Networks|電算 デンサン Computing|ソリューションズ ソリューションズ Solutions"""),
    PartnerRole.TRAINER: _read("""\
パソコンスクール パソコンスクール PC_School|ITカレッジ アイティーカレッジ IT_College
ラーニング ラーニング Learning|研修センター ケンシュウセンター Training_Center
ビジネススクール ビジネススクール Business_School|キャリアアカデミー キャリアアカデミー Career_Academy"""),
}

_UNINCORPORATED = ("会計事務所", "公認会計士事務所")
"""Kinds of firm that stand without 株式会社 or the like."""

_SPECIAL_CORPORATION = "税理士法人"


class FirmName(NamedTuple):
    """What a partner firm is called; `incorporated`: whether it can have a corporate number."""

    text: str
    kana: str
    latin: str
    incorporated: bool


def firm_name(role: PartnerRole, number: int) -> FirmName:
    """The name of the `number`-th firm (from 0) of a role: another one for each of the first 3,800 and more."""
    kinds = _FIRM_KIND[role]
    combinations = len(_FIRM_FIRST) * len(_FIRM_SECOND) * len(kinds)
    # 1,861 is prime and no divisor of any table's size: neighbours differ, and none comes twice in a round.
    place = number * 1_861 % combinations
    first = _FIRM_FIRST[place % len(_FIRM_FIRST)]
    second = _FIRM_SECOND[place // len(_FIRM_FIRST) % len(_FIRM_SECOND)]
    kind = kinds[place // (len(_FIRM_FIRST) * len(_FIRM_SECOND))]
    core, kana = first.text + second.text, first.kana + second.kana
    latin = f"{first.latin} {second.latin} {kind.latin}"
    if kind.text in _UNINCORPORATED:
        return FirmName(core + kind.text, kana + kind.kana, latin, False)
    if kind.text == _SPECIAL_CORPORATION:
        return FirmName(kind.text + core, kana, latin, True)
    text = f"株式会社{core}{kind.text}" if place % 3 else f"{core}{kind.text}株式会社"
    return FirmName(text, kana + kind.kana, f"{latin}, Inc.", True)


def person_name(dice: Dice) -> tuple[Name, Name]:
    """Family and given name of a person."""
    return dice.pick(FAMILY), dice.pick(GIVEN)


_CLIENT_WORD = _read("""\
丸一 マルイチ|丸正 マルショウ|大和田 オオワダ|富士見 フジミ|旭 アサヒ|栄 サカエ|寿 コトブキ|千代 チヨ
松葉 マツバ|梅の里 ウメノサト|竹園 タケゾノ|鶴亀 ツルカメ|福来 フクライ|東雲 シノノメ|川端 カワバタ|港 ミナト
城山 シロヤマ|緑ヶ丘 ミドリガオカ|桜台 サクラダイ|桃山 モモヤマ""")

CLIENT_KIND = {
    "製造業": _read("""\
製作所 セイサクショ|鉄工所 テッコウショ|精機 セイキ|金属工業 キンゾクコウギョウ|食品工業 ショクヒンコウギョウ
木工 モッコウ|印刷 インサツ"""),
    "建設業": _read("建設 ケンセツ|工務店 コウムテン|電設 デンセツ|塗装 トソウ|設備工業 セツビコウギョウ"),
    "卸売業": _read("商事 ショウジ|物産 ブッサン|青果 セイカ|水産 スイサン|資材 シザイ"),
    "小売業": _read("商店 ショウテン|酒店 サケテン|書店 ショテン|薬局 ヤッキョク|家具 カグ|呉服店 ゴフクテン"),
    "飲食サービス業": _read("食堂 ショクドウ|珈琲店 コーヒーテン|フーズ フーズ|製麺 セイメン|寿司 ズシ"),
    "宿泊業": _read("旅館 リョカン|ホテル ホテル|観光 カンコウ"),
    "運輸業": _read("運送 ウンソウ|物流 ブツリュウ|倉庫 ソウコ|交通 コウツウ"),
    "医療・福祉": _read("福祉サービス フクシサービス|ケアサービス ケアサービス|医院 イイン|歯科 シカ"),
    "不動産業": _read("不動産 フドウサン|住宅販売 ジュウタクハンバイ|地所 ジショ"),
    "生活関連サービス業": _read("クリーニング クリーニング|美容室 ビヨウシツ|写真館 シャシンカン|葬祭 ソウサイ"),
    "農業": _read("農園 ノウエン|牧場 ボクジョウ|茶園 チャエン"),
}
"""Industry -> what a business of it puts after its name."""


def client_name(industry: str, incorporated: bool, dice: Dice) -> Name:
    """A client's name: a company's with its legal form, a sole proprietor's without; the reading leaves it out."""
    owner = dice.pick(FAMILY) if dice.chance(65) else dice.pick(_CLIENT_WORD)
    kind = dice.pick(CLIENT_KIND[industry])
    core, kana = owner.text + kind.text, owner.kana + kind.kana
    if not incorporated:
        return Name(core, kana)
    form = dice.below(10)
    if form < 4:
        return Name("株式会社" + core, kana)
    if form < 7:
        return Name(core + "株式会社", kana)
    return Name(("合同会社" if form == 9 else "有限会社") + core, kana)
