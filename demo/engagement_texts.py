"""What is written about the demo's engagements: symptoms, titles, remedies, notes."""

SYMPTOM_ROWS = [
    ("ENVIRONMENT_MALADJUSTMENT", "環境適応障害", "Failure to adapt to a changing environment", 1),
    ("SINGLE_CUSTOMER_DEPENDENCE", "特定取引先依存症", "Dependence on a single customer", 2),
    ("LACK_OF_OWN_STRENGTHS", "自社の強み欠乏症", "Lack of strengths of its own", 3),
    ("STAGNANT_STAFF", "社員の組織沈滞感", "Staff stagnation", 4),
    ("PAPER_OVERLOAD", "紙帳票過多症", "Overload of paper forms", 5),
    ("OWNER_DEPENDENCE", "社長一極集中症", "Everything hangs on the owner", 6),
    ("BLIND_TO_FIGURES", "数字不感症", "Blindness to its own figures", 7),
]

SYMPTOM_CODES = tuple(row[0] for row in SYMPTOM_ROWS)
# The four that the programme names are found most.
SYMPTOM_CODES_BY_FREQUENCY = SYMPTOM_CODES[:4] * 4 + SYMPTOM_CODES[4:] * 2

TITLES = (
    "販売管理システムの刷新",
    "クラウド会計への移行",
    "在庫の見える化",
    "受発注の電子化",
    "勤怠管理のデジタル化",
    "グループウェアの導入",
    "生産計画の改善",
    "顧客管理の立ち上げ",
    "ネットショップの開設",
    "電子帳簿保存への対応",
    "インボイス業務の見直し",
    "テレワーク環境の整備",
    "原価管理の仕組みづくり",
    "予約管理のオンライン化",
    "情報セキュリティ対策",
    "社内データ共有の改善",
    "見積業務の効率化",
    "給与計算の自動化",
    "ホームページの再構築",
    "事業承継に向けた業務の標準化",
)

REMEDIES = (
    "クラウド会計と銀行明細の自動連携",
    "販売管理パッケージの標準機能での導入",
    "在庫管理アプリとバーコード検品",
    "受発注の EDI 化",
    "グループウェアによる予定と文書の共有",
    "顧客管理システムと営業日報の一本化",
    "勤怠管理クラウドと給与計算の連携",
    "生産管理システムの段階導入",
    "電子帳簿保存に対応した文書管理",
    "ネットショップと在庫の連動",
    "タブレットによる現場報告",
    "多要素認証とバックアップの整備",
)

FINDING_NOTES = {
    "ENVIRONMENT_MALADJUSTMENT": (
        "同業他社がオンライン受注を始め、客先を失った。",
        "インボイスと電子帳簿保存への対応が手つかずである。",
        "十年前の売り方のまま、客層の変化に合っていない。",
    ),
    "SINGLE_CUSTOMER_DEPENDENCE": (
        "売上の七割が一社に偏っている。",
        "主な取引先の値下げ要請を断れず、粗利が毎年下がっている。",
        "新規の引き合いがあっても、見積もりを返せていない。",
    ),
    "LACK_OF_OWN_STRENGTHS": (
        "価格以外で選ばれる理由を社内で説明できない。",
        "得意な加工があるのに、案内にも見積もりにも書かれていない。",
        "原価を把握せずに見積もりを出している。",
    ),
    "STAGNANT_STAFF": (
        "若手の離職が続き、改善提案が出ていない。",
        "会議で話すのは社長だけで、部門間の相談がない。",
        "研修の機会がなく、仕事の仕方が入社時から変わらない。",
    ),
    "PAPER_OVERLOAD": (
        "受注は電話と FAX が中心で、転記が多い。",
        "伝票の控えを三年分、紙で保管している。",
        "同じ数字を部門ごとに別の帳票へ書いている。",
    ),
    "OWNER_DEPENDENCE": (
        "業務の手順が社長の頭の中にしかない。",
        "社長の不在中は見積もりも発注も止まる。",
    ),
    "BLIND_TO_FIGURES": (
        "月次試算表が翌月末まで出ず、判断が遅れている。",
        "在庫の実数と帳簿が毎月合わない。",
        "帳簿は正確だが、経営の判断に使われていない。",
    ),
}
"""Symptom -> what an advisor writes of it."""

PRESCRIPTION_NOTES = (
    "まず一部門で三か月試し、効果を見て広げる。",
    "補助金の公募に合わせて見積もりを取る。",
    "既存の会計データは移行の前に整理しておく。",
    "担当者を二名決め、研修まで続けて参加してもらう。",
    "現場の入力は一日十分以内に収める。",
    "紙の運用は三か月の並行期間の後にやめる。",
)

HANDOFF_NOTES = (
    "処方の内容は合意済みです。初回訪問に同席します。",
    "決算期を避けて来月からの着手を希望しています。",
    "社長は IT に慎重です。小さく始める提案をお願いします。",
    "見積もりの比較を希望されています。",
    "稼働後の研修先も合わせて探しています。",
    "担当地域のご都合をお聞かせください。",
    "操作に不慣れな方が多く、丁寧な説明が必要です。",
    "既存システムの契約が年度末で切れます。",
)
