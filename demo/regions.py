"""The 47 prefectures: code, name, how many businesses there are, compared with the others, and a city of each."""

from typing import NamedTuple

from demo.dice import Weighted


class Region(NamedTuple):
    """A prefecture. `weight`: its share of the country's small businesses, per thousand."""

    code: str
    name: str
    city: str
    postal_prefix: str
    weight: int


_PREFECTURES = """\
北海道 札幌市 060 41|青森県 青森市 030 10|岩手県 盛岡市 020 10|宮城県 仙台市 980 18|秋田県 秋田市 010 8
山形県 山形市 990 10|福島県 福島市 960 15|茨城県 水戸市 310 22|栃木県 宇都宮市 320 16|群馬県 前橋市 371 17
埼玉県 さいたま市 330 45|千葉県 千葉市 260 36|東京都 千代田区 100 125|神奈川県 横浜市 220 54
新潟県 新潟市 950 20|富山県 富山市 930 10|石川県 金沢市 920 11|福井県 福井市 910 8|山梨県 甲府市 400 8
長野県 長野市 380 20|岐阜県 岐阜市 500 19|静岡県 静岡市 420 31|愛知県 名古屋市 450 58|三重県 津市 514 14
滋賀県 大津市 520 10|京都府 京都市 600 22|大阪府 大阪市 530 80|兵庫県 神戸市 650 40|奈良県 奈良市 630 9
和歌山県 和歌山市 640 9|鳥取県 鳥取市 680 4|島根県 松江市 690 6|岡山県 岡山市 700 14|広島県 広島市 730 22
山口県 山口市 753 10|徳島県 徳島市 770 6|香川県 高松市 760 8|愛媛県 松山市 790 11|高知県 高知市 780 6
福岡県 福岡市 810 38|佐賀県 佐賀市 840 6|長崎県 長崎市 850 10|熊本県 熊本市 860 13|大分県 大分市 870 9
宮崎県 宮崎市 880 9|鹿児島県 鹿児島市 890 13|沖縄県 那覇市 900 12"""


def _read() -> tuple[Region, ...]:
    regions = []
    for number, line in enumerate(_PREFECTURES.replace("\n", "|").split("|"), start=1):
        name, city, postal_prefix, weight = line.split()
        regions.append(Region(f"JP-{number:02}", name, city, postal_prefix, int(weight)))
    return tuple(regions)


REGIONS = _read()
REGION_BY_CODE = {region.code: region for region in REGIONS}
BY_BUSINESSES: Weighted[Region] = Weighted((region, region.weight) for region in REGIONS)
"""Draws a prefecture as often as a small business is found there."""
