package bench

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// naiveLink and naiveClick are the tables a first version would have.
type naiveLink struct {
	ID   uint   `gorm:"primaryKey"`
	Slug string `gorm:"uniqueIndex"`
	URL  string
}

func (naiveLink) TableName() string { return "links" }

type naiveClick struct {
	ID        uint `gorm:"primaryKey"`
	LinkID    uint `gorm:"index"`
	IP        string
	UserAgent string
	Referrer  string
	CreatedAt time.Time
}

func (naiveClick) TableName() string { return "clicks" }

// redirectNaive is the straightforward way: look the link up, Create the click,
// redirect.
func redirectNaive(ctx context.Context, o task, ready func(string)) (a account, err error) {
	db, err := openGorm(o.DatabaseURL, 32)
	if err != nil {
		return a, err
	}
	if err := db.AutoMigrate(&naiveLink{}, &naiveClick{}); err != nil {
		return a, err
	}
	links := make([]naiveLink, redirectLinks)
	for i := range links {
		links[i] = naiveLink{Slug: fmt.Sprintf("l%05d", i), URL: fmt.Sprintf("https://%s/products/%d", shopDomain, i)}
	}
	if err := db.CreateInBatches(links, 1000).Error; err != nil {
		return a, err
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/r/:slug", func(c echo.Context) error {
		r := c.Request()
		var l naiveLink
		if err := db.WithContext(r.Context()).First(&l, "slug = ?", c.Param("slug")).Error; err != nil {
			return echo.ErrNotFound
		}
		k := naiveClick{LinkID: l.ID, IP: c.RealIP(), UserAgent: r.UserAgent(), Referrer: r.Referer()}
		if err := db.WithContext(r.Context()).Create(&k).Error; err != nil {
			return err
		}
		return c.Redirect(http.StatusFound, fmt.Sprintf("%s?utm_medium=influencer&utm_id=%d", l.URL, k.ID))
	})
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		return a, err
	}
	return a, serveUntil(ctx, l, e, ready)
}
